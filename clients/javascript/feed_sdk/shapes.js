// The shapes of what is sent, received and asked for; nothing here runs. Times are RFC 3339 in UTC with milliseconds.

/**
 * One message from the server. `type` is always there; a server may send types that are not listed here.
 * @typedef {object} Message
 * @property {"hello"|"snapshot"|"entry.published"|"entry.revised"|"entry.retracted"|"entry.deleted"|"coverage.changed"|"coverage.ended"|"coverage.reopened"|"live"|"audience"|"error"|(string & {})} type
 * @property {string} [cursor] its place in the log
 * @property {string} [prev] the place of the change before it
 * @property {string} [at]
 * @property {any} [coverage] the head; in a hello the coverage's id
 * @property {Entry} [entry] of an entry that was deleted only `id` and `reason`
 * @property {string} [id] of an entry that was deleted
 * @property {Entry[]} [entries] newest first
 * @property {string|null} [next] what `before` takes to get the page after a snapshot; null or missing at the end
 * @property {"snapshot"|"resumed"|"reset"} [mode]
 * @property {string} [reason] why the log could not be resumed from, or why an entry was deleted
 * @property {number} [heartbeat] seconds
 * @property {number} [v] 1, in a hello
 * @property {number} [count] of readers, in `audience`
 * @property {string} [code] of an `error`; `store_unavailable`: the server itself gets nothing new for now
 * @property {string} [detail] the same for people
 * @property {boolean} [retryable]
 * @property {number} [retry_after_ms]
 */

/**
 * Fields at their default are left out: an entry that is a headline only has no `blocks`.
 * @typedef {object} Entry
 * @property {string} id
 * @property {number} revision from 1
 * @property {"published"|"retracted"} status
 * @property {string} display_at what a timeline is ordered by
 * @property {string} published_at
 * @property {string} updated_at
 * @property {string} [headline] plain text
 * @property {Block[]} [blocks]
 * @property {Author[]} [authors]
 * @property {string[]} [labels]
 * @property {boolean} [key_event]
 * @property {"update"|"summary"|"analysis"|"wrap"} [kind] `update` where missing
 * @property {1|2|3} [importance] 1 where missing
 * @property {Verification} [verification]
 * @property {string} [language]
 * @property {Correction[]} [corrections]
 * @property {Retraction} [retraction]
 */

/**
 * The head of a coverage. `summary` and `key_points` are inline HTML.
 * @typedef {object} Coverage
 * @property {string} id
 * @property {string} title
 * @property {"scheduled"|"live"|"ended"} status
 * @property {number} revision
 * @property {"public"|"unlisted"|"private"} visibility
 * @property {string} language BCP 47
 * @property {string} created_at
 * @property {string} updated_at
 * @property {string} [timezone] IANA, the newsroom's
 * @property {string} [summary]
 * @property {string[]} [key_points]
 * @property {Image} [image]
 * @property {Link[]} [links]
 * @property {string[]} [labels]
 * @property {Author[]} [authors]
 * @property {string} [pin] an entry's id
 * @property {string} [starts_at]
 * @property {string} [started_at]
 * @property {string} [ended_at]
 * @property {Successor} [successor]
 * @property {Adverts} [adverts]
 * @property {string} [cursor] where the coverage came in the answer to a request
 */

/**
 * A part of an entry, in reading order: `text`, `quote`, `image`, `gallery`, `video`, `audio`, `embed`, `link`. Pass over
 * types that you do not know. `html` is sanitised by the server.
 * @typedef {{type: string, html?: string, by?: string, url?: string, alt?: string, caption?: string, credit?: string,
 *   width?: number, height?: number, images?: Image[], title?: string, poster?: string, provider?: string,
 *   kind?: string, summary?: string}} Block
 */

/** @typedef {{url?: string, alt?: string, caption?: string, credit?: string, width?: number, height?: number}} Image */
/** @typedef {{url: string, title: string, kind?: "story"|"video"|"podcast"|"report", summary?: string}} Link */
/** @typedef {{name: string, tagline?: string, url?: string, avatar?: string}} Author */
/** @typedef {{status: "confirmed"|"unverified"|"claim", by?: string, note?: string}} Verification */
/** @typedef {{at: string, note: string}} Correction */
/** @typedef {{at: string, reason: string}} Retraction */
/** @typedef {{every: number, label?: string, height?: number}} Adverts a place after `every` entries; 250 pixels high where missing */
/** @typedef {{title: string, url: string}} Successor where an ended coverage continues */
/** @typedef {{entries: Entry[], next?: string|null, cursor?: string}} Page entries newest first */

/**
 * A token, or a function that gives a fresh one each time it is called.
 * @typedef {string | (() => string | Promise<string>)} Token
 */

/** @typedef {"websocket"|"sse"|"poll"} Transport */
/**
 * `delayed`: connected, but the server itself gets nothing new for the time being. `ended`, `refused` and `closed` are
 * final.
 * @typedef {"connecting"|"live"|"delayed"|"reconnecting"|"offline"|"ended"|"refused"|"closed"} State
 */
/**
 * @typedef {object} ConnectionOptions
 * @property {string} url the server's address, as in `https://live.example`; empty: where this page is from
 * @property {string} coverage
 * @property {string|null} [after] the cursor to go on from; without it a snapshot comes first
 * @property {number} [limit] entries in a snapshot
 * @property {Token} [token]
 * @property {Transport[]} [transports] in the order in which they are tried
 * @property {any} [WebSocket] a class as browsers have it, where there is none or another is wanted
 * @property {typeof globalThis.fetch} [fetch]
 * @property {() => boolean} [isOnline] what the device thinks; a hint
 * @property {() => number} [random]
 */
/**
 * @typedef {object} Listener
 * @property {(messages: Message[]) => void} messages each message once and in the order of the log; what is caught up
 *   with comes at once
 * @property {(state: State, detail?: import("./errors.js").FeedError | {delay: number, why: string}) => void} [state]
 */

export {};
