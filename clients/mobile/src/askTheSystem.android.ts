import { PermissionsAndroid, Platform } from "react-native";

import type { PushPermission } from "./permission";

const ASKS_FROM = 33; // Android 13; before, the permission came with the installation

export async function askTheSystem(): Promise<PushPermission> {
  const { POST_NOTIFICATIONS } = PermissionsAndroid.PERMISSIONS;
  if (Number(Platform.Version) < ASKS_FROM) return "granted";
  if (!POST_NOTIFICATIONS) return "unavailable";
  const answer = await PermissionsAndroid.request(POST_NOTIFICATIONS);
  return answer === PermissionsAndroid.RESULTS.GRANTED ? "granted" : "denied";
}
