/** Where the focus goes when the button that had it goes away: not to the top of the page. */

/**
 * Hand the focus on to the next place once what has it is gone; who went elsewhere by then is left alone.
 *
 * @param lost - something that holds the focus now, perhaps, and may be drawn anew or go away.
 * @returns what to call after the change.
 */
export function keepFocus(lost: HTMLElement | null): () => void {
  if (!lost?.contains(document.activeElement)) return () => undefined;
  const beside = lost.nextElementSibling ?? lost.previousElementSibling;
  const focusNext = () => {
    if (document.activeElement !== document.body) return;
    const place = [lost, beside].find((one) => one?.isConnected);
    const next = place?.querySelector<HTMLElement>("button") ?? document.getElementById("heading");
    next?.focus();
  };
  return () => void setTimeout(focusNext); // after the page is drawn
}
