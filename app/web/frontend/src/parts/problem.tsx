/** What went wrong, and what can be done about it. */

import type { Failure } from "../api/failures";

interface Props {
  failure: Failure;
  retry?: (() => void) | undefined;
  /** What trying again is called. */
  again?: string;
}

/** `retry` is offered wherever trying again may help; a session that ended leads to the login page and back. */
export function Problem({ failure, retry, again = "Try again" }: Props) {
  return (
    <div class="problem" role="alert">
      <p dir="auto">{failure.message}</p>
      {failure.kind === "session" ? (
        <a class="button" href={`/login?next=${encodeURIComponent(location.pathname + location.search)}`}>
          Log in again
        </a>
      ) : (
        failure.mayWorkLater &&
        retry && (
          <button type="button" onClick={retry}>
            {again}
          </button>
        )
      )}
    </div>
  );
}
