/** A signal that aborts when `url` has answered. */
export function abortWhen(url: string | undefined): AbortSignal | undefined {
  if (url === undefined) return undefined;
  const controller = new AbortController();
  const abort = () => controller.abort();
  fetch(url).then(abort, abort);
  return controller.signal;
}
