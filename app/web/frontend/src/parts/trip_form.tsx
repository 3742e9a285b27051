/** Where to, from when to when, and notes. Nothing that was typed is lost, whatever the server says. */

import { useEffect, useRef, useState } from "preact/hooks";
import { call, type Result } from "../api/call";
import { Failure } from "../api/failures";
import { forgetWhatFollows, trips } from "../api/store";
import type { Trip } from "../api/types";
import { parseDay, writeDays } from "../logic/days";
import { cityLabel } from "../logic/labels";
import { type Booking, bookingOf, type Check, check, isSame, NOTHING } from "../logic/booking";
import { writeDraft } from "../logic/drafts";
import { go, Link } from "../router";
import { CityField } from "./city_field";
import { described, Field, TextField } from "./field";
import { Problem } from "./problem";
import { say } from "./toast";
import { useDraft } from "./use_draft";

const FIELDS = ["city", "start", "end", "notes"];

interface Props {
  /** The id of the traveller. */
  owner: string;
  /** The trip to change, or null to book one. */
  trip: Trip | null;
  etag: string | null;
}

export function TripForm({ owner, trip, etag }: Props) {
  const fresh = { values: trip ? bookingOf(trip) : NOTHING, base: etag };
  const draft = useDraft<Booking, string | null>(owner, trip?.id ?? "new trip", fresh);
  const { values, change } = draft;
  const [newer, setNewer] = useState<Result<Trip> | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [missing, setMissing] = useState<Check>({});
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const isShown = useRef(true);
  useEffect(() => () => void (isShown.current = false), []);

  const save = async (id: string | null, ifMatch: string | null) => {
    const problems = check(values);
    setMissing(problems);
    setFailure(null);
    if (busy || Object.keys(problems).length || !values.city) return;
    setBusy(true);
    const body = { city: values.city.id, start: values.start, end: values.end, notes: values.notes };
    try {
      const saved = id ? await call("patch", "/api/trips/{public_id}", { id, body, ifMatch }) : await book(values, body);
      finish(saved);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind !== "conflict" || !id) return setFailure(error);
      await look(id, error);
    } finally {
      setBusy(false);
    }
  };
  const finish = (saved: Result<Trip>) => {
    setNewer(null);
    setFailure(null);
    forgetWhatFollows();
    say(saved.data.id === trip?.id ? "Your trip is changed." : "Your trip is booked.");
    leave(saved);
  };
  /** To the list; but who has typed on meanwhile stays, with that not yet saved, and who has gone elsewhere too. */
  const leave = ({ data, etag: base }: Result<Trip>) => {
    if (!isShown.current) return draft.dropIfStill(values);
    const typed = draft.latest();
    draft.drop();
    if (typed === values) return go("/trips");
    const kept = { values: typed, base };
    if (data.id === trip?.id) return draft.goOn(kept, bookingOf(data));
    writeDraft(owner, data.id, kept);
    go(`/trips/${data.id}`, { replace: true });
  };
  /** What another tab has made of the trip; unless it is ours, of an attempt whose answer was lost. */
  const look = async (id: string, conflict: Failure) => {
    try {
      const found = await call("get", "/api/trips/{public_id}", { id });
      if (isSame(bookingOf(found.data), values)) return finish(found);
      setNewer(found);
      setFailure(conflict);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setNewer(null);
      setFailure(["missing", "session"].includes(error.kind) ? error : conflict);
    }
  };
  const submit = () => void save(trip?.id ?? null, draft.base);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure, missing]);

  const errorAt = (field: keyof Check) => missing[field] ?? (failure?.attr === field ? failure.message : null);
  const isAtField = failure?.attr && FIELDS.includes(failure.attr);
  const start = { id: "start", label: "First day", error: errorAt("start") };
  const notes = { id: "notes", label: "Notes", error: errorAt("notes"), help: "Only you can read them." };
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {draft.isRestored && !newer && (
        <p class="notice">
          What you had typed and not saved is back.{" "}
          <button type="button" class="quiet" onClick={() => draft.reset(fresh)}>
            Start over
          </button>
        </p>
      )}
      <CityField id="city" label="City" error={errorAt("city")} value={values.city} change={(city) => change({ city })} />
      <div class="pair">
        <TextField {...start} type="date" value={values.start} required change={(day) => change({ start: day })} />
        <TextField
          id="end"
          label="Last day"
          type="date"
          value={values.end}
          required
          min={values.start}
          error={errorAt("end")}
          change={(day) => change({ end: day })}
        />
      </div>
      <Field {...notes}>
        <textarea
          {...described(notes)}
          name="notes"
          rows={3}
          maxLength={10_000}
          dir="auto"
          value={values.notes}
          onInput={(event) => change({ notes: event.currentTarget.value })}
        />
      </Field>
      {failure?.kind === "conflict" && (
        <Conflict
          newer={newer}
          overwrite={() => {
            if (!newer) return;
            draft.goOn({ values, base: newer.etag }, bookingOf(newer.data));
            void save(trip?.id ?? null, newer.etag);
          }}
          look={() => trip && void look(trip.id, failure)}
          take={() => {
            if (newer) draft.reset({ values: bookingOf(newer.data), base: newer.etag });
            setNewer(null);
            setFailure(null);
          }}
        />
      )}
      {failure?.kind === "missing" && (
        <div class="problem" role="alert">
          <p>This trip was cancelled meanwhile. What you have typed is still here.</p>
          <button type="button" onClick={() => void save(null, null)}>
            Book it as a new trip
          </button>
        </div>
      )}
      {failure && !isAtField && !["conflict", "missing"].includes(failure.kind) && <Problem failure={failure} retry={submit} />}
      <div class="actions apart">
        <button class="main" type="submit" aria-disabled={busy}>
          {busy ? "Saving …" : trip ? "Save" : "Book"}
        </button>
        <Link class="button" href="/trips">
          Back
        </Link>
      </div>
    </form>
  );
}

/**
 * Book a trip, or find it booked: the answer to an earlier attempt may have been lost.
 *
 * @throws Failure - as for any call.
 */
async function book(booking: Booking, body: { city: number; start: string; end: string; notes: string }): Promise<Result<Trip>> {
  try {
    return await call("post", "/api/trips", { body });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "overlapping_trip") throw error;
    await trips.renew();
    if (trips.failure) throw trips.failure;
    const same = trips.data?.find((one) => isSame(bookingOf(one), booking));
    if (!same) throw error;
    return call("get", "/api/trips/{public_id}", { id: same.id });
  }
}

interface ConflictProps {
  newer: Result<Trip> | null;
  look: () => void;
  overwrite: () => void;
  take: () => void;
}

/** Two tabs, one trip: who comes second decides, and sees what about. */
function Conflict({ newer, look, overwrite, take }: ConflictProps) {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>This trip was changed meanwhile, in another tab perhaps.</strong> Nothing of yours is saved yet.
      </p>
      {newer ? (
        <p dir="auto">
          It is now: {cityLabel(newer.data.city)}, {writeDays(parseDay(newer.data.start), parseDay(newer.data.end))}
          {newer.data.notes && `, with the notes “${newer.data.notes}”`}.
        </p>
      ) : (
        <p>What it is now could not be found out.</p>
      )}
      <div class="actions">
        {newer ? (
          <>
            <button type="button" onClick={overwrite}>
              Save mine over it
            </button>
            <button type="button" onClick={take}>
              Take the other version
            </button>
          </>
        ) : (
          <button type="button" onClick={look}>
            Look again
          </button>
        )}
      </div>
    </div>
  );
}
