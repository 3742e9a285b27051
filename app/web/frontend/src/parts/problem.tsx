/** What went wrong, and what can be done about it. */

import type { Failure } from "../api/failures";

/** `retry` is offered wherever trying again may help; a session that ended leads to the login page and back. */
export function Problem({ failure, retry, id }: { failure: Failure; retry?: (() => void) | undefined; id?: string }) {
  return (
    <div class="problem" role="alert" id={id}>
      <p dir="auto">{failure.message}</p>
      {failure.kind === "session" ? (
        <a class="button" href={`/login?next=${encodeURIComponent(location.pathname + location.search)}`}>
          Log in again
        </a>
      ) : (
        failure.mayWorkLater &&
        retry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )
      )}
    </div>
  );
}
