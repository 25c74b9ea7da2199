// HTTP requests that are repeated until they are answered, and refusals as FeedError.

import { backoff } from "./backoff.js";
import { FeedError, problemOf } from "./errors.js";

/** @typedef {import("./shapes.js").Token} Token */
/**
 * @typedef {object} RequestOptions
 * @property {Token} [token]
 * @property {number} [deadline] milliseconds that one call goes on trying
 * @property {typeof globalThis.fetch} [fetch]
 */

// The server, or a proxy before it, cannot answer now; a request with its Idempotency-Key may be sent again.
const PASSING = [429, 502, 503, 504];
const ANSWER_WITHIN = 30_000;

export class Requests {
  #url;
  #token;
  #deadline;
  #fetch;

  /**
   * @param {string} url
   * @param {RequestOptions} options
   */
  constructor(url, { token, deadline = 30_000, fetch = globalThis.fetch }) {
    if (!/^https?:\/\/[^/]/.test(url)) {
      throw new TypeError(`"${url}" is no address of a server. Give one like http://127.0.0.1:8000.`);
    }
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#deadline = deadline;
    this.#fetch = fetch;
  }

  /**
   * The answer, of status 2xx. Throws a FeedError where the server refuses, and, when the deadline has passed, one with the
   * code `unreachable` or that of the last refusal.
   * @param {string} method
   * @param {string} path
   * @param {{body?: string, type?: string, headers?: Record<string, string>, query?: Record<string, string | number | undefined>}} [more]
   * @returns {Promise<Response>}
   */
  async send(method, path, { body, type = "application/json", headers = {}, query = {} } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = given.length
      ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`
      : "";
    const until = Date.now() + this.#deadline;
    const key = headers["Idempotency-Key"];
    for (let attempt = 0; ; attempt++) {
      /** @type {FeedError} */
      let failure;
      let advised = 0;
      const token = typeof this.#token === "function" ? await this.#token() : this.#token;
      try {
        const answer = await this.#fetch.call(globalThis, `${this.#url}/v1${path}${search}`, {
          method,
          body,
          headers: {
            Accept: "application/json",
            ...(body === undefined ? {} : { "Content-Type": type }),
            ...(token ? { Authorization: `Bearer ${token}` } : {}),
            ...headers,
          },
          signal: AbortSignal.timeout(ANSWER_WITHIN),
        });
        if (answer.ok) return answer;
        const problem = await answer.json().catch(() => ({}));
        failure = problemOf(answer.status, problem, key);
        if (!PASSING.includes(answer.status)) throw failure;
        advised = adviceOf(answer, problem);
      } catch (error) {
        if (error instanceof FeedError) throw error;
        failure = new FeedError("unreachable", `${this.#url} does not answer: ${causeOf(error)}.`, {
          key,
          cause: error,
        });
      }
      const delay = backoff(attempt, Math.random(), advised);
      if (Date.now() + delay > until) throw failure;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number | undefined>} [query]
   * @returns {Promise<any>}
   */
  async get(path, query) {
    return (await this.send("GET", path, { query })).json();
  }
}

/**
 * Milliseconds that the server asks to wait: the problem says it finer than the header can.
 * @param {Response} answer
 * @param {any} problem
 */
function adviceOf(answer, problem) {
  const advised = problem?.retry_after_ms ?? Number(answer.headers.get("Retry-After")) * 1000;
  return advised > 0 && advised < Infinity ? advised : 0;
}

/** @param {any} error the system's words say more than the library's */
function causeOf(error) {
  if (error?.name === "TimeoutError") return `no answer within ${ANSWER_WITHIN / 1000} seconds`;
  return error?.cause?.code ?? error?.cause?.message ?? error?.message ?? String(error);
}
