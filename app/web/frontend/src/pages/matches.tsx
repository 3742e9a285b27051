/** Whom I will be near, when and where; what I make of it. */

import { useRef, useState } from "preact/hooks";
import { Failure } from "../api/failures";
import { matches, me, useResource } from "../api/store";
import type { Match } from "../api/types";
import { today, writeDays } from "../logic/days";
import { agenda } from "../logic/weeks";
import { keepFocus } from "../parts/keep_focus";
import { MatchCard, respond } from "../parts/match_card";
import { PastMatches } from "../parts/past_matches";
import { Problem } from "../parts/problem";
import { say } from "../parts/toast";
import { Page } from "../router";

const VIEWS = ["Coming", "Agenda", "Dismissed", "Past"] as const;
type View = (typeof VIEWS)[number];

const STALE = 60_000;

export function MatchesPage() {
  const found = useResource(matches, STALE);
  const user = useResource(me).data;
  const [view, setView] = useState<View>("Coming");
  const all = found.data ?? [];
  const kept = all.filter(({ state }) => state !== "dismissed");
  const fresh = kept.filter(({ state }) => state === "unseen");
  if (!user) return null;
  return (
    <Page title="Matches" lead={<ViewChoice view={view} choose={setView} />}>
      <p class="lead">Team mates who will be near you: within 200 km on the same days.</p>
      {found.failure && <Problem failure={found.failure} retry={() => void found.load()} />}
      {!found.data && !found.failure && (
        <p class="loading" role="status">
          Looking for your matches …
        </p>
      )}
      {view === "Past" && <PastMatches me={user.id} />}
      {found.data && view === "Coming" && (
        <>
          <SeenAll matches={fresh} />
          <List matches={kept} me={user.id} label="Matches to come" empty="Nobody yet. Book a trip, and see whom you will meet." />
        </>
      )}
      {found.data && view === "Dismissed" && (
        <List
          matches={all.filter(({ state }) => state === "dismissed")}
          me={user.id}
          label="Dismissed matches"
          empty="You have dismissed none."
        />
      )}
      {found.data && view === "Agenda" && <Agenda matches={kept} me={user.id} />}
    </Page>
  );
}

function ViewChoice({ view, choose }: { view: View; choose: (view: View) => void }) {
  return (
    <div class="views" role="group" aria-label="Which matches">
      {VIEWS.map((one) => (
        <button key={one} type="button" aria-pressed={one === view} onClick={() => choose(one)}>
          {one}
        </button>
      ))}
    </div>
  );
}

function List({ matches: shown, me: myself, label, empty }: { matches: Match[]; me: string; label: string; empty: string }) {
  if (!shown.length) return <p class="empty">{empty}</p>;
  return (
    <ul class="matches" aria-label={label}>
      {shown.map((match) => (
        <MatchCard key={match.id} match={match} me={myself} />
      ))}
    </ul>
  );
}

function Agenda({ matches: shown, me: myself }: { matches: Match[]; me: string }) {
  const now = today();
  const weeks = agenda(shown, now);
  if (!weeks.length) return <p class="empty">The weeks ahead are empty.</p>;
  return (
    <>
      {weeks.map(({ monday, items }) => (
        <section key={monday} class="week" aria-labelledby={`week-${monday}`}>
          <h2 id={`week-${monday}`}>
            {writeDays(monday, monday + 6)}
            {monday <= now && <small> this week</small>}
          </h2>
          <ul class="matches">
            {items.map((match) => (
              <MatchCard key={match.id} match={match} me={myself} heading="h3" />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

/** A match that vanished meanwhile needs no answer; the list has lost it already. */
function skipWhatIsGone(error: unknown): void {
  if (!(error instanceof Failure) || error.kind !== "missing") throw error;
}

function SeenAll({ matches: fresh }: { matches: Match[] }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const row = useRef<HTMLParagraphElement>(null);
  const see = async () => {
    const handOn = keepFocus(row.current);
    try {
      setFailure(null);
      for (const { id } of fresh) await respond(id, { state: "seen" }).catch(skipWhatIsGone);
      say("All matches are marked as seen.");
      handOn();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  if (failure) return <Problem failure={failure} retry={() => void see()} />;
  if (fresh.length < 2) return null;
  return (
    <p ref={row}>
      <button type="button" onClick={() => void see()}>
        Mark all {fresh.length} new ones as seen
      </button>
    </p>
  );
}
