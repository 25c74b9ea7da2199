// Follow a live coverage of Feed, from browsers, React Native and Node.

export { Connection } from "./connection.js";
export { FeedError } from "./errors.js";
export { Following, follow } from "./follow.js";
export { appLifecycle, pageLifecycle } from "./lifecycle.js";
export { Session } from "./session.js";
export { memoryStorage } from "./storage.js";
export { Timeline } from "./timeline.js";
