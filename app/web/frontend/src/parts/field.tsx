/** A labelled input with its help and its error, joined for screen readers. */

import type { ComponentChildren } from "preact";

export interface FieldProps {
  id: string;
  label: string;
  error?: string | null | undefined;
  help?: ComponentChildren;
}

/** What ties an input to its label, help and error. */
export function described({ id, error, help }: FieldProps) {
  const ids = [error ? `${id}-error` : "", help ? `${id}-help` : ""].filter(Boolean).join(" ");
  return { id, "aria-invalid": Boolean(error), "aria-describedby": ids || undefined };
}

export function Field(props: FieldProps & { children: ComponentChildren }) {
  const { id, label, error, help, children } = props;
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      {children}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`} role="alert" dir="auto">
          {error}
        </p>
      )}
    </div>
  );
}

type TextProps = FieldProps & {
  value: string;
  type?: "text" | "date" | "time";
  required?: boolean;
  readOnly?: boolean;
  min?: string;
  maxLength?: number;
  autocomplete?: string;
  change?: (value: string) => void;
};

/** A field of one line. */
export function TextField({ label, error, help, change, value, autocomplete, type = "text", ...rest }: TextProps) {
  const props = { id: rest.id, label, error, help };
  return (
    <Field {...props}>
      <input
        {...described(props)}
        {...rest}
        name={rest.id}
        type={type as "text"}
        dir={type === "text" ? "auto" : undefined}
        autocomplete={autocomplete ?? "off"}
        value={value}
        onInput={(event) => change?.(event.currentTarget.value)}
      />
    </Field>
  );
}
