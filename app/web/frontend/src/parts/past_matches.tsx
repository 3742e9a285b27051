/** Matches that are over, the latest first, a page at a time. */

import { useEffect, useState } from "preact/hooks";
import { call } from "../api/call";
import { Failure } from "../api/failures";
import type { Match } from "../api/types";
import { MatchCard } from "./match_card";
import { Problem } from "./problem";

const PAGE = 50;

export function PastMatches({ me }: { me: string }) {
  const [found, setFound] = useState<{ count: number; results: Match[] } | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const results = found?.results ?? [];
  const more = async () => {
    try {
      const query = { past: "true", limit: PAGE, offset: results.length };
      const { data } = await call("get", "/api/matches", { query });
      setFound({ count: data.count, results: [...results, ...data.results] });
      setFailure(null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  useEffect(() => void more(), []);
  const replace = (changed: Match) =>
    setFound((before) => before && { ...before, results: before.results.map((one) => (one.id === changed.id ? changed : one)) });
  return (
    <>
      {!found && !failure && (
        <p class="loading" role="status">
          Looking for past matches …
        </p>
      )}
      {found && !results.length && <p class="empty">There are none yet.</p>}
      <ul class="matches" aria-label="Past matches">
        {results.map((match) => (
          <MatchCard key={match.id} match={match} me={me} changed={replace} />
        ))}
      </ul>
      {failure && <Problem failure={failure} retry={() => void more()} />}
      {found && results.length < found.count && (
        <button type="button" onClick={() => void more()}>
          Show more
        </button>
      )}
    </>
  );
}
