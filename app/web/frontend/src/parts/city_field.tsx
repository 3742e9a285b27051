/** A city, found by typing a part of its name: a combobox as the ARIA practices describe it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/call";
import { Failure } from "../api/failures";
import type { City } from "../api/types";
import { cityLabel, flag } from "../logic/labels";
import { divide, fits, isNamed, narrow } from "../logic/city_search";
import { described, Field, type FieldProps } from "./field";
import { Problem } from "./problem";

/** What a form keeps of a city. */
export interface Choice {
  id: number;
  label: string;
}

export function choiceOf(city: City): Choice {
  return { id: city.id, label: cityLabel(city) };
}

/** Typing faster than this is one search, in ms. */
const PAUSE = 150;

/** So many cities are shown; where a country or a state is named, they are chosen from so many. */
const MOST = 50;
const MOST_OF_A_NAME = 1000;

type Found = { kind: "idle" | "none" | "searching" } | { kind: "cities"; cities: City[] } | { kind: "failed"; failure: Failure };

interface Props extends FieldProps {
  value: Choice | null;
  change: (value: Choice | null) => void;
}

export function CityField({ value, change, ...field }: Props) {
  const [text, setText] = useState(value?.label ?? "");
  const [isOpen, setOpen] = useState(false);
  const [activeId, setActiveId] = useState<number | null>(null);
  const [attempt, setAttempt] = useState(0);
  const { found, isSearching } = useSearch(value?.label === text ? "" : text, attempt);
  const input = useRef<HTMLInputElement>(null);
  const listId = `${field.id}-list`;
  const cities = found.kind === "cities" ? found.cities : [];
  const shown = isOpen && cities.length > 0;
  // By its id: the answer that arrives may have it elsewhere in the list.
  const active = Math.max(cities.findIndex((city) => city.id === activeId), 0);

  // Another value from outside is written into the field; one that ended because something is typed leaves what is typed.
  const isTyped = useRef(false);
  useEffect(() => {
    if (!isTyped.current) setText(value?.label ?? "");
    isTyped.current = false;
  }, [value?.id]);
  useEffect(() => setActiveId(null), [text]);
  useEffect(() => {
    if (shown) document.getElementById(`${listId}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [shown, active]);

  const type = (typed: string) => {
    setText(typed);
    setOpen(true);
    if (!value) return;
    isTyped.current = true;
    change(null);
  };
  const choose = (city: City | undefined) => {
    if (!city) return;
    change(choiceOf(city));
    setText(cityLabel(city));
    setOpen(false);
  };
  const searchAgain = () => {
    setAttempt(attempt + 1);
    setOpen(true);
    input.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape" && shown) setOpen(false);
    else if (event.key === "Enter" && isSearching && !shown) event.preventDefault(); // it was meant for the list to come
    else if (!cities.length) return;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = (active + (event.key === "ArrowDown" ? 1 : -1) + cities.length) % cities.length;
      if (shown) setActiveId(cities[next]?.id ?? null);
      else setOpen(true);
    } else if (event.key === "Enter" && shown) choose(cities[active]);
    else return;
    event.preventDefault();
  };
  const leave = () => {
    setOpen(false);
    const exact = cities.filter((city) => cityLabel(city).toLowerCase() === text.trim().toLowerCase());
    if (!value && exact.length === 1) choose(exact[0]);
  };

  return (
    <Field {...field}>
      <div class="combobox">
        <input
          {...described(field)}
          ref={input}
          type="text"
          role="combobox"
          dir="auto"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          placeholder="Type a part of its name"
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={listId}
          aria-activedescendant={shown ? `${listId}-${active}` : undefined}
          aria-required="true"
          value={text}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={press}
          onBlur={leave}
        />
        <ul id={listId} role="listbox" aria-label={`${field.label}: suggestions`} hidden={!shown}>
          {cities.map((city, index) => (
            <li
              key={city.id}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              // Before the input loses the focus, which would close the list.
              onMouseDown={(event) => {
                event.preventDefault();
                choose(city);
              }}
            >
              <span aria-hidden="true">{flag(city)}</span> {cityLabel(city)}
              {city.region && <small> {city.region.name}</small>}
            </li>
          ))}
        </ul>
      </div>
      <p class="help" role="status">
        {isSearching && !shown && "Searching …"}
        {found.kind === "none" && `No city is found by “${text.trim()}”. Try its English name, or a bigger city nearby.`}
        {shown && <span class="sr">{`${cities.length} found, use the arrow keys`}</span>}
      </p>
      {found.kind === "failed" && <Problem failure={found.failure} retry={searchAgain} again="Search again" />}
    </Field>
  );
}

interface Answer {
  /** What was asked. */
  question: string;
  found: Found;
}

/**
 * The cities that a text finds; `attempt` searches for the same once more.
 *
 * While an answer is under way, of the cities before only those are left that fit what is typed by now.
 */
function useSearch(text: string, attempt: number): { found: Found; isSearching: boolean } {
  const [answer, setAnswer] = useState<Answer>({ question: "", found: { kind: "idle" } });
  const { name, rest } = divide(text);
  const query = name.length < 2 ? "" : name;
  const limit = rest.length ? MOST_OF_A_NAME : MOST;
  const question = JSON.stringify([query, limit, attempt]);
  useEffect(() => {
    if (!query) {
      setAnswer({ question, found: { kind: "idle" } });
      return undefined;
    }
    const stop = new AbortController();
    const search = async () => {
      const tell = (found: Found) => setAnswer({ question, found });
      try {
        const options = { query: { search: query, limit }, signal: stop.signal };
        tell({ kind: "cities", cities: (await call("get", "/api/cities", options)).data.results });
      } catch (error) {
        if (!stop.signal.aborted && error instanceof Failure) tell({ kind: "failed", failure: error });
      }
    };
    const timer = setTimeout(() => void search(), PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [question]);

  const isSearching = answer.question !== question;
  if (!query) return { found: { kind: "idle" }, isSearching: false };
  if (answer.found.kind !== "cities") return { found: isSearching ? { kind: "searching" } : answer.found, isSearching };
  const { cities: all } = answer.found;
  const isStill = (city: City) => isNamed(city, query) && fits(city, rest);
  const cities = (isSearching ? all.filter(isStill) : narrow(all, rest)).slice(0, MOST);
  if (cities.length) return { found: { kind: "cities", cities }, isSearching };
  return { found: { kind: isSearching ? "searching" : "none" }, isSearching };
}
