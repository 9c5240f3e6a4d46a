import { useEffect, useState } from "react";

/** What a page can do without at first. Undefined until it is there, and for good when it cannot be had. */
export function useLoaded<T>(load: () => Promise<T>): T | undefined {
  const [loaded, setLoaded] = useState<{ it: T }>();
  useEffect(() => {
    let wanted = true;
    load().then(
      (it) => { if (wanted) setLoaded({ it }); },
      () => { /* The page has something in its place. */ },
    );
    return () => { wanted = false; };
  }, [load]);
  return loaded?.it;
}
