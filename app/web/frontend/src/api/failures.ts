/** What can go wrong with a call, as people have to be told it. */

import type { Problem } from "./types";

export type Kind =
  /** No answer: the network, or the server, is away. */
  | "network"
  /** Not logged in any more. */
  | "session"
  /** Something that was filled in is refused; `attr` names the field. */
  | "refused"
  /** It was changed since it was read. */
  | "conflict"
  /** It is not there (any more). */
  | "missing"
  /** Not allowed, or the page was open too long. */
  | "forbidden"
  /** Too many requests, or maintenance: later it will work. */
  | "later"
  /** It broke. */
  | "broken";

/** A call that failed. */
export class Failure extends Error {
  constructor(
    readonly kind: Kind,
    message: string,
    readonly attr: string | null = null,
    readonly code = "",
  ) {
    super(message);
  }

  /** Whether the same call may work in a moment. */
  get mayWorkLater(): boolean {
    return ["network", "later", "broken"].includes(this.kind);
  }
}

const WORDS: Partial<Record<Kind, string>> = {
  session: "Your session has ended. Log in again: what you have typed is kept.",
  forbidden: "This was refused. Reload the page and try again.",
  later: "We are away for a moment, for maintenance perhaps. Nothing was changed.",
  broken: "Something broke on our side. It has been noted.",
};

/** No answer came. */
export function unreachable(): Failure {
  const words = navigator.onLine === false ? "You are offline." : "The server cannot be reached.";
  return new Failure("network", `${words} Nothing is lost: try again when the connection is back.`);
}

/** What an answer that is no success means. */
export function failureOf(status: number, problem: Partial<Problem>): Failure {
  const kind = kindOf(status, problem.code);
  const words = WORDS[kind] ?? problem.detail ?? `The server answered ${status}.`;
  return new Failure(kind, kind === "forbidden" ? (problem.detail ?? words) : words, problem.attr ?? null, problem.code);
}

function kindOf(status: number, code: string | undefined): Kind {
  if (status === 401 || code === "not_authenticated") return "session";
  if (status === 403) return "forbidden";
  if (status === 404 || status === 410) return "missing";
  if (status === 409 || status === 412) return "conflict";
  if ([408, 425, 429, 502, 503, 504].includes(status)) return "later";
  return status >= 500 ? "broken" : "refused";
}
