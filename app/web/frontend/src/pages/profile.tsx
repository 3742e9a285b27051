/** Who and where I am, and when I work. */

import { me, useResource } from "../api/store";
import type { User } from "../api/types";
import { inputTime } from "../logic/clocks";
import { carryOver, changesOf, type Kept } from "../logic/drafts";
import { nameOf } from "../logic/labels";
import { type Choice, choiceOf, CityField } from "../parts/city_field";
import { Avatar } from "../parts/avatar";
import { TextField } from "../parts/field";
import { Problem } from "../parts/problem";
import { say } from "../parts/toast";
import { type Draft, useDraft } from "../parts/use_draft";
import { type ProfileChanges, useProfileSaver } from "../parts/use_profile_saver";
import { Page } from "../router";

interface Profile {
  first_name: string;
  avatar: string;
  home: Choice | null;
  from: string;
  until: string;
}

function profileOf(user: User): Profile {
  return {
    first_name: user.first_name,
    avatar: user.avatar_url,
    home: user.home_city && choiceOf(user.home_city),
    from: inputTime(user.work_hours?.start ?? ""),
    until: inputTime(user.work_hours?.end ?? ""),
  };
}

/** Only what was changed here: the rest may have been changed elsewhere. */
function bodyOf(values: Profile, base: Profile): ProfileChanges {
  const { first_name, avatar, home, from, until } = changesOf(values, base);
  const areHoursChanged = from !== undefined || until !== undefined;
  return {
    ...(first_name !== undefined && { first_name }),
    ...(avatar !== undefined && { avatar_url: avatar.trim() }),
    ...(home && { home_city: home.id }),
    ...(areHoursChanged && { work_hours: values.from ? { start: values.from, end: values.until } : null }),
  };
}

export function ProfilePage() {
  const user = useResource(me).data;
  return (
    <Page title="My profile" class="card narrow">
      {user && <ProfileForm user={user} />}
    </Page>
  );
}

function ProfileForm({ user }: { user: User }) {
  const fresh = { values: profileOf(user), base: profileOf(user) };
  const renew = ({ values: typed, base }: Kept<Profile, Profile>) => ({
    values: carryOver(typed, base, fresh.base),
    base: fresh.base,
  });
  // The value of a time that is half typed is empty: kept, it would end the hours that are saved.
  const keep = (typed: Profile): Profile => ({
    ...typed,
    ...(isHalfTyped("from") && { from: draft.base.from }),
    ...(isHalfTyped("until") && { until: draft.base.until }),
  });
  const draft: Draft<Profile, Profile> = useDraft(user.id, "profile", fresh, renew, keep);
  const { values, base, change } = draft;
  const saver = useProfileSaver();

  const submit = async () => {
    const body = bodyOf(values, base);
    const missing = {
      home_city: values.home ? "" : "Choose a city from the list.",
      // Hours that no clock shows, set by a program perhaps, are nobody's mistake here.
      ...("work_hours" in body || isHalfTyped("from") || isHalfTyped("until") ? hoursErrors(values) : {}),
    };
    const saved = await saver.save(missing, body);
    if (!saved) return;
    const typed = draft.latest();
    const now = profileOf(saved);
    if (typed === values) draft.reset({ values: now, base: now });
    else draft.goOn({ values: carryOver(typed, values, now), base: now }, now);
    say("Your profile is saved.");
  };

  return (
    <form
      noValidate
      ref={saver.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {draft.isRestored && (
        <p class="notice">
          What you had typed and not saved is back.{" "}
          <button type="button" class="quiet" onClick={() => draft.reset(fresh)}>
            Start over
          </button>
        </p>
      )}
      <TextField
        id="first_name"
        label="First name"
        autocomplete="given-name"
        maxLength={150}
        error={saver.errorAt("first_name")}
        value={values.first_name}
        change={(first_name) => change({ first_name })}
      />
      <TextField id="email" label="Email" value={user.email} readOnly help="Whoever runs witw for you can change it." />
      <CityField
        id="home_city"
        label="Home city"
        error={saver.errorAt("home_city")}
        value={values.home}
        change={(home) => change({ home })}
      />
      <div class="pair">
        <TextField
          id="from"
          label="Work from"
          type="time"
          error={saver.errorAt("from") || saver.errorAt("work_hours")}
          value={values.from}
          change={(from) => change({ from })}
        />
        <TextField
          id="until"
          label="until"
          type="time"
          error={saver.errorAt("until")}
          value={values.until}
          change={(until) => change({ until })}
        />
      </div>
      <p class="help">On the clock of the place where you are. A night shift ends before it begins.</p>
      <div class="with-mark">
        <TextField
          id="avatar_url"
          label="Avatar"
          maxLength={512}
          error={saver.errorAt("avatar_url")}
          help="An emoji, or one or two letters. Pictures from other sites are not shown."
          value={values.avatar}
          change={(avatar) => change({ avatar })}
        />
        <Avatar id={user.id} name={values.first_name || nameOf(user)} avatar={values.avatar} />
      </div>
      {saver.failure && !saver.isAtField && <Problem failure={saver.failure} retry={() => void submit()} />}
      <button class="main" type="submit" aria-disabled={saver.busy}>
        {saver.busy ? "Saving …" : "Save"}
      </button>
    </form>
  );
}

function hoursErrors({ from, until }: Profile): { from: string; until: string } {
  return { from: hoursError("from", from, until), until: hoursError("until", until, from) };
}

function hoursError(field: string, own: string, other: string): string {
  if (isHalfTyped(field)) return "Give hours and minutes, or clear the field.";
  if (!own && other) return "Give both times or none.";
  return own && own === other ? "Work must not end when it begins." : "";
}

/** Whether something stands in a field that is no time yet; its value is empty then. */
function isHalfTyped(field: string): boolean {
  return (document.getElementById(field) as HTMLInputElement | null)?.validity.badInput ?? false;
}
