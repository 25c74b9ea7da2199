// What this client throws.

/**
 * `code` is a stable word for programs, `message` a sentence for people.
 *
 * | `code` | when |
 * | --- | --- |
 * | `bad_request` `not_allowed` `unknown_coverage` `unsupported_version` `token_expired` | the coverage cannot be followed (`closeCode` 4001, 4003, 4004, 4009, 4101), or the more exact word that the server gave |
 * | any of the server's codes | a request was refused: `status`, `field`, `problem` (RFC 9457) |
 * | `unreachable` | nothing answered in time; whether a write took effect is unknown: repeat it with its `key` |
 */
export class FeedError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{status?: number, closeCode?: number, field?: string, detail?: string, key?: string,
   *   problem?: Record<string, unknown>, cause?: unknown}} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = "FeedError";
    this.code = code;
    /** What the server said, without the field's name. */
    this.detail = more.detail ?? message;
    /** The HTTP status, where a request was refused. */
    this.status = more.status;
    /** The websocket's close code, where following was refused. */
    this.closeCode = more.closeCode;
    /** The place in the body that is at fault. */
    this.field = more.field;
    /** The Idempotency-Key of a write, to repeat it with. */
    this.key = more.key;
    /** The whole document that the server sent. */
    this.problem = more.problem;
    if (more.cause) this.cause = more.cause;
  }
}

/** @type {Record<number, [string, string]>} */
const MEANINGS = {
  4001: ["bad_request", "The server could not read the request, or its cursor"],
  4003: ["not_allowed", "The token does not allow following this coverage"],
  4004: ["unknown_coverage", "There is no such coverage, or this token may not read it"],
  4009: ["unsupported_version", "The server does not speak feed.v1"],
  4101: ["token_expired", "The token has expired; a function as token renews it"],
};

/**
 * The error for a close code. `code` and `detail` are what the server said before it closed.
 * @param {number} closeCode
 * @param {unknown} [code]
 * @param {unknown} [detail]
 * @returns {FeedError}
 */
export function refusal(closeCode, code, detail) {
  const [word, meaning] = MEANINGS[closeCode] ?? ["refused", "The server refused the subscription"];
  const said = typeof detail === "string" && detail ? detail : meaning;
  return new FeedError(typeof code === "string" ? code : word, `${said} (${closeCode})`, { closeCode, detail: said });
}

/**
 * The error for an answer of HTTP that is none of success (RFC 9457).
 * @param {number} status
 * @param {any} problem
 * @param {string} [key]
 */
export function problemOf(status, problem, key) {
  const { code = `http_${status}`, title = `HTTP ${status}`, detail = title, field } = problem ?? {};
  const message = field && !detail.includes(field) ? `${field}: ${detail}` : detail;
  return new FeedError(code, message, { status, field, detail, problem, key });
}
