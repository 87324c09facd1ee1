/** Sleep that ends early, without an error, when `signal` aborts. Tells whether the whole time passed. */
export function sleep(delayMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => {
      forget();
      resolve(true);
    }, delayMs);
    const forget = onAbort(signal, () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

/** Runs `work` with a signal that aborts when `parent` does or after `timeoutMs`; no timer outlives the race. */
export async function withDeadline<T>(
  timeoutMs: number,
  parent: AbortSignal,
  onTimeout: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const forget = onAbort(parent, () => controller.abort(parent.reason));
  const timer = setTimeout(() => controller.abort(onTimeout()), timeoutMs);
  try {
    return await Promise.race([work(controller.signal), rejectOnAbort(controller.signal)]);
  } finally {
    clearTimeout(timer);
    forget();
    controller.abort();
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    onAbort(signal, () => reject(signal.reason));
  });
}

/**
 * A signal that aborts when `parent` does, or after `timeoutMs`; `end` lets go of both. Instead of AbortSignal.timeout and
 * AbortSignal.any, which Node 20 collects while they are still waited for (nodejs/node#57736).
 */
export function deadlineSignal(timeoutMs: number, parent?: AbortSignal): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  const forget = parent === undefined ? () => {} : onAbort(parent, () => controller.abort());
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      forget();
    },
  };
}

/**
 * Calls `action` when `signal` aborts. When it already has, right after the code that runs now: what that still sets up, and the
 * way to take this back that is returned, are there for `action` then as well.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) {
    let isWanted = true;
    queueMicrotask(() => {
      if (isWanted) action();
    });
    return () => {
      isWanted = false;
    };
  }
  signal.addEventListener("abort", action, { once: true });
  return () => signal.removeEventListener("abort", action);
}
