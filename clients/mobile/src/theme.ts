import { useColorScheme } from "react-native";

export interface Theme {
  paper: string;
  card: string;
  ink: string;
  quiet: string;
  rule: string;
  accent: string;
  warning: string;
}

const LIGHT: Theme = {
  paper: "#f6f4f0",
  card: "#ffffff",
  ink: "#1b1b1a",
  quiet: "#5c5a55",
  rule: "#dedad2",
  accent: "#a3161c",
  warning: "#7a4b00",
};

const DARK: Theme = {
  paper: "#121211",
  card: "#1c1c1a",
  ink: "#f0eee9",
  quiet: "#aaa69d",
  rule: "#35332f",
  accent: "#ff8a80",
  warning: "#f0b95e",
};

export function useTheme(): Theme {
  return useColorScheme() === "dark" ? DARK : LIGHT;
}
