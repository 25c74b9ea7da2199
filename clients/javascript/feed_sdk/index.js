// Follow a live coverage of Feed, from browsers, React Native and Node.

export { Connection } from "./connection.js";
export { FeedError } from "./errors.js";
export { Following, follow } from "./follow.js";
export { appLifecycle, pageLifecycle } from "./lifecycle.js";
export { Session } from "./session.js";
export { memoryStorage } from "./storage.js";
export { Timeline } from "./timeline.js";

/** @typedef {import("./shapes.js").Message} Message */
/** @typedef {import("./shapes.js").Entry} Entry */
/** @typedef {import("./shapes.js").Block} Block */
/** @typedef {import("./shapes.js").Coverage} Coverage */
/** @typedef {import("./shapes.js").Image} Image */
/** @typedef {import("./shapes.js").Link} Link */
/** @typedef {import("./shapes.js").Author} Author */
/** @typedef {import("./shapes.js").Successor} Successor */
/** @typedef {import("./shapes.js").Verification} Verification */
/** @typedef {import("./shapes.js").Correction} Correction */
/** @typedef {import("./shapes.js").Retraction} Retraction */
/** @typedef {import("./shapes.js").Adverts} Adverts */
/** @typedef {import("./shapes.js").Token} Token */
/** @typedef {import("./shapes.js").State} State */
/** @typedef {import("./shapes.js").Transport} Transport */
/** @typedef {import("./shapes.js").ConnectionOptions} ConnectionOptions */
/** @typedef {import("./follow.js").FollowOptions} FollowOptions */
/** @typedef {import("./lifecycle.js").Lifecycle} Lifecycle */
/** @typedef {import("./storage.js").Storage} Storage */
