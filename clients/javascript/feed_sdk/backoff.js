// How long to wait before trying again, in milliseconds.

const BASE = 500;
const LONGEST = 20_000;

/**
 * The wait before try number `attempt` (from 0) is repeated. Full jitter: all of it is drawn, so that clients which lost
 * a server in the same moment do not come back in the same moment.
 * @param {number} attempt
 * @param {number} chance a random number from 0 to 1
 * @param {number} [advised] milliseconds that the server asked for: never less than that
 * @returns {number}
 */
export function backoff(attempt, chance, advised = 0) {
  return advised + chance * Math.min(LONGEST, BASE * 2 ** (Math.min(attempt, 10) + 1));
}
