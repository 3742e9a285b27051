/** One trip: booking it, or changing it. */

import { useEffect, useState } from "preact/hooks";
import { call, type Result } from "../api/call";
import { Failure } from "../api/failures";
import { me } from "../api/store";
import type { Trip } from "../api/types";
import { Problem } from "../parts/problem";
import { TripForm } from "../parts/trip_form";
import { Page } from "../router";
import { NotFoundPage } from "./not_found";

/** `id` is null for a new trip. */
export function TripPage({ id }: { id: string | null }) {
  const [found, setFound] = useState<Result<Trip> | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const user = me.data;
  const load = async () => {
    if (id === null) return;
    try {
      setFound(await call("get", "/api/trips/{public_id}", { id }));
      setFailure(null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  useEffect(() => void load(), [id]);

  const isSomebodyElses = found !== null && found.data.user.id !== user?.id;
  if (failure?.kind === "missing" || isSomebodyElses) return <NotFoundPage what="trip of yours" />;
  return (
    <Page title={id === null ? "New trip" : "Change your trip"} class="card narrow">
      {failure && <Problem failure={failure} retry={() => void load()} />}
      {id !== null && !found && !failure && (
        <p class="loading" role="status">
          Looking for the trip …
        </p>
      )}
      {user && (id === null || found) && <TripForm owner={user.id} trip={found?.data ?? null} etag={found?.etag ?? null} />}
    </Page>
  );
}
