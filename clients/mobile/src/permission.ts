/** What a reader has said to notifications; `unavailable`: the device cannot ask. */
export type PushPermission = "unasked" | "granted" | "denied" | "unavailable";
