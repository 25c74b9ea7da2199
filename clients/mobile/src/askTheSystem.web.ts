import type { PushPermission } from "./permission";

interface World {
  Notification?: { requestPermission(): Promise<string> };
}

export async function askTheSystem(): Promise<PushPermission> {
  const { Notification } = globalThis as World;
  if (!Notification) return "unavailable";
  return (await Notification.requestPermission()) === "granted" ? "granted" : "denied";
}
