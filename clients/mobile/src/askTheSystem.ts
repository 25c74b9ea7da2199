import type { PushPermission } from "./permission";

/** iOS asks through a native module only: an app that brings one hands its question to `usePush`. */
export async function askTheSystem(): Promise<PushPermission> {
  return "unavailable";
}
