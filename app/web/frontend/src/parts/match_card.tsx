/** One match, and what can be said about it. */

import { useRef, useState } from "preact/hooks";
import { call } from "../api/call";
import { Failure } from "../api/failures";
import { matches, unseen } from "../api/store";
import type { Match } from "../api/types";
import { writeDays } from "../logic/days";
import { flag, nameOf, writeDistance } from "../logic/labels";
import { sidesOf } from "../logic/sides";
import { daysOf } from "../logic/weeks";
import { Avatar } from "./avatar";
import { keepFocus } from "./keep_focus";
import { Problem } from "./problem";

export type Changes = { state?: Match["state"]; are_meeting?: boolean };

/**
 * Say what I make of a match; the list and the counter follow.
 *
 * @throws Failure - as for any call; a match that is gone is taken out of the list.
 */
export async function respond(id: string, changes: Changes): Promise<Match | null> {
  try {
    const { data } = await call("patch", "/api/matches/{public_id}", { id, body: changes });
    replace((match) => (match.id === id ? [data] : [match]));
    return data;
  } catch (error) {
    if (error instanceof Failure && error.kind === "missing") replace((match) => (match.id === id ? [] : [match]));
    throw error;
  } finally {
    void unseen.renew();
  }
}

/** Bring the list up to date, if it has been looked up at all. */
function replace(become: (match: Match) => Match[]): void {
  if (matches.data) matches.set(matches.data.flatMap(become));
}

interface Props {
  match: Match;
  me: string;
  heading?: "h2" | "h3";
  /** Where the match is kept, if not in the shared list. */
  changed?: (match: Match) => void;
}

export function MatchCard({ match, me, heading: Heading = "h2", changed }: Props) {
  const { other, place, theirs, mine } = sidesOf(match, me);
  const [start, end] = daysOf(match);
  const name = nameOf(other);
  const days = writeDays(start, end);
  return (
    <li class={`card match ${match.state === "unseen" ? "new" : ""} ${match.are_meeting ? "meeting" : ""}`}>
      <Avatar id={other.id} name={name} avatar={other.avatar_url} />
      <div>
        <Heading>
          <bdi>{name}</bdi> {match.state === "unseen" && <span class="badge">new</span>}{" "}
          {match.are_meeting && <span class="badge good">you meet</span>}
        </Heading>
        <p>
          <time>{days}</time>
        </p>
        <p class="soft" dir="auto">
          {place && <span aria-hidden="true">{flag(place)} </span>}
          {theirs}, {mine}, {writeDistance(match.distance)}
        </p>
        <Answers match={match} about={`${name}, ${days}`} changed={changed} />
      </div>
    </li>
  );
}

function Answers({ match, about, changed }: { match: Match; about: string; changed: Props["changed"] }) {
  const [sent, setSent] = useState<Changes | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const row = useRef<HTMLDivElement>(null);
  const send = async (changes: Changes) => {
    setSent(changes);
    const handOn = keepFocus(row.current?.closest("li") ?? null);
    try {
      const answered = await respond(match.id, changes);
      setFailure(null);
      if (answered) changed?.(answered);
      handOn();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  const button = (label: string, changes: Changes, pressed?: boolean) => (
    <button type="button" aria-label={`${label}: ${about}`} aria-pressed={pressed} onClick={() => void send(changes)}>
      {label}
    </button>
  );
  return (
    <>
      <div class="actions" ref={row}>
        {match.state === "dismissed" ? (
          button("Bring back", { state: "seen" })
        ) : (
          <>
            {/* Who meets somebody has seen the match as well. */}
            {button("We meet", { are_meeting: !match.are_meeting, state: "seen" }, match.are_meeting)}
            {match.state === "unseen" && button("Mark as seen", { state: "seen" })}
            {button("Dismiss", { state: "dismissed" })}
          </>
        )}
      </div>
      {failure && <Problem failure={failure} retry={sent ? () => void send(sent) : undefined} />}
    </>
  );
}
