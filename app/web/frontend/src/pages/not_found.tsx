/** An address that is none. */

import { Link, Page } from "../router";

export function NotFoundPage({ what = "page" }: { what?: string }) {
  return (
    <Page title={`There is no such ${what}`} class="card narrow">
      <p>It may have been moved or cancelled.</p>
      <Link class="button" href="/">
        To the map
      </Link>
    </Page>
  );
}
