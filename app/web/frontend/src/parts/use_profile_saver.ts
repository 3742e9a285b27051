/** Saves my profile, and keeps what was wrong with it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/call";
import { Failure } from "../api/failures";
import { forgetWhatFollows, me } from "../api/store";
import type { User } from "../api/types";

export interface ProfileChanges {
  first_name?: string;
  avatar_url?: string;
  home_city?: number;
  work_hours?: { start: string; end: string } | null;
}

const FIELDS = ["first_name", "avatar_url", "home_city", "work_hours"];

export function useProfileSaver() {
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [missing, setMissing] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure, missing]);

  /** Save, unless something is `wrong` already (texts by field). Null: it is not saved, and the form says why. */
  const save = async (wrong: Record<string, string>, body: ProfileChanges): Promise<User | null> => {
    setMissing(wrong);
    setFailure(null);
    if (busy || Object.values(wrong).some(Boolean)) return null;
    setBusy(true);
    try {
      const { data } = await call("patch", "/api/users/me", { body });
      me.set(data);
      forgetWhatFollows();
      return data;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
      return null;
    } finally {
      setBusy(false);
    }
  };

  return {
    form,
    failure,
    busy,
    save,
    isAtField: FIELDS.includes(failure?.attr ?? ""),
    errorAt: (field: string) => missing[field] || (failure?.attr === field ? failure.message : null),
  };
}
