/** My trips: those to come, and those that are over. */

import { useState } from "preact/hooks";
import { call } from "../api/call";
import { Failure } from "../api/failures";
import { forgetWhatFollows, trips, useResource } from "../api/store";
import type { Trip } from "../api/types";
import { bookingOf, isSame } from "../logic/booking";
import { parseDay, today, writeDays } from "../logic/days";
import { cityLabel, flag } from "../logic/labels";
import { Confirm } from "../parts/confirm";
import { Problem } from "../parts/problem";
import { say } from "../parts/toast";
import { Link, Page } from "../router";

/** Trips of a minute ago are fresh enough. */
const STALE = 60_000;

export function TripsPage() {
  const found = useResource(trips, STALE);
  const [asked, setAsked] = useState<Trip | null>(null);
  const now = today();
  const all = found.data ?? [];
  const coming = all.filter((trip) => parseDay(trip.end) >= now);
  const past = all.filter((trip) => parseDay(trip.end) < now).reverse();
  return (
    <Page
      title="My trips"
      lead={
        <Link class="button main" href="/trips/new">
          New trip
        </Link>
      }
    >
      {found.failure && <Problem failure={found.failure} retry={() => void found.load()} />}
      {!found.data && !found.failure && (
        <p class="loading" role="status">
          Looking for your trips …
        </p>
      )}
      {found.data && !coming.length && <p class="empty">You have no trips planned. Where are you off to?</p>}
      <TripList trips={coming} label="Trips to come" ask={setAsked} />
      {past.length > 0 && (
        <details>
          <summary>{past.length} past</summary>
          <TripList trips={past} label="Past trips" ask={setAsked} />
        </details>
      )}
      {asked && <CancelTrip trip={asked} close={() => setAsked(null)} />}
    </Page>
  );
}

function TripList({ trips: shown, label, ask }: { trips: Trip[]; label: string; ask: (trip: Trip) => void }) {
  return (
    <ul aria-label={label}>
      {shown.map((trip) => (
        <TripRow key={trip.id} trip={trip} cancel={() => ask(trip)} />
      ))}
    </ul>
  );
}

function TripRow({ trip, cancel }: { trip: Trip; cancel: () => void }) {
  const days = writeDays(parseDay(trip.start), parseDay(trip.end));
  const which = `${cityLabel(trip.city)}, ${days}`;
  return (
    <li class="card trip">
      <span class="flag" aria-hidden="true">
        {flag(trip.city)}
      </span>
      <div>
        <h2 dir="auto">{cityLabel(trip.city)}</h2>
        <p>{days}</p>
        {trip.notes && (
          <p class="notes" dir="auto">
            {trip.notes}
          </p>
        )}
      </div>
      <div class="actions">
        <Link class="button" href={`/trips/${trip.id}`} label={`Change: ${which}`}>
          Change
        </Link>
        <button type="button" class="quiet danger" aria-label={`Cancel: ${which}`} onClick={cancel}>
          Cancel
        </button>
      </div>
    </li>
  );
}

/** Cancels what people have seen: a trip that was changed meanwhile is shown first. */
function CancelTrip({ trip: asked, close }: { trip: Trip; close: () => void }) {
  const [trip, setTrip] = useState(asked);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const cancel = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const { data, etag } = await call("get", "/api/trips/{public_id}", { id: trip.id });
      if (!isSame(bookingOf(data), bookingOf(trip))) {
        setTrip(data);
        setBusy(false);
        void trips.renew();
        return;
      }
      await call("delete", "/api/trips/{public_id}", { id: trip.id, ifMatch: etag });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind !== "missing") {
        setFailure(error);
        setBusy(false);
        return;
      }
    }
    trips.set((trips.data ?? []).filter(({ id }) => id !== trip.id));
    forgetWhatFollows();
    say("Your trip is cancelled.");
    close();
  };
  const days = writeDays(parseDay(trip.start), parseDay(trip.end));
  return (
    <Confirm
      title={`Cancel the trip to ${cityLabel(trip.city)}, ${days}?`}
      yes="Cancel the trip"
      no="Keep it"
      busy={busy}
      confirm={() => void cancel()}
      close={close}
    >
      {trip !== asked && (
        <p class="notice" role="alert">
          It was changed meanwhile, in another tab perhaps{trip.notes && `. Its notes are “${trip.notes}”`}.
        </p>
      )}
      <p>Its matches go with it.</p>
      {failure && <Problem failure={failure} retry={() => void cancel()} />}
    </Confirm>
  );
}
