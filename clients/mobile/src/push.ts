/** Whether this reader may be sent notifications: asked when the reader wants them, never at the start. */

import { useCallback, useState } from "react";

import { askTheSystem } from "./askTheSystem";
import type { PushPermission } from "./permission";

/** Shows the system's question. An app that brings a notification library hands in that library's. */
export type AskForPush = () => Promise<PushPermission>;

export interface Push {
  permission: PushPermission;
  /** Asks, unless the reader has answered already. */
  ask: () => Promise<void>;
}

export function usePush(ask: AskForPush = askTheSystem): Push {
  const [permission, setPermission] = useState<PushPermission>("unasked");
  const askOnce = useCallback(async () => {
    if (permission === "unasked") setPermission(await ask());
  }, [ask, permission]);
  return { permission, ask: askOnce };
}
