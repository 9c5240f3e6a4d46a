import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { onSessionEnd, own, Refusal, keepToken } from "../api/client";
import type { Session } from "../api/types";
import { ChangePassword, SignIn, SignInForm } from "../pages/SignIn";
import { Dialog } from "../ui/overlays";
import { Bones, Fault } from "../ui/parts";

interface Known {
  session: Session;
  signOut: () => Promise<void>;
}

const Signed = createContext<Known | null>(null);

/** Who is signed in; only below the gate. */
export function useSession(): Known {
  const known = useContext(Signed);
  if (!known) throw new Error("outside of the gate");
  return known;
}

/** Nothing of the console is seen before somebody has signed in with a password of their own. */
export function Gate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [ended, setEnded] = useState(false);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["session"],
    staleTime: Infinity,
    queryFn: async () => {
      try {
        const session = await own<Session>("GET", "/session");
        keepToken(session);
        return session;
      } catch (fault) {
        if (fault instanceof Refusal && fault.status === 401) return null;
        throw fault;
      }
    },
  });

  useEffect(() => onSessionEnd(() => setEnded(true)), []);

  const entered = (session: Session) => {
    keepToken(session);
    setEnded(false);
    const other = data && data.user.id !== session.user.id;
    queries.setQueryData(["session"], session);
    // What another user saw is not this one's; what failed for want of a session is asked again.
    if (other) queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    else void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  };

  const signOut = async () => {
    try {
      await own("DELETE", "/session");
    } finally {
      keepToken(null);
      setEnded(false);
      queries.setQueryData(["session"], null);
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    }
  };

  if (error && !data) {
    return (
      <main className="alone">
        <h1>Ligand</h1>
        <Fault title="The console cannot start." error={error} again={() => void refetch()} />
      </main>
    );
  }
  if (isPending) return <div className="alone"><Bones rows={3} /></div>;
  if (!data) return <SignIn entered={entered} />;
  if (data.mustChangePassword) return <ChangePassword entered={entered} signOut={signOut} />;
  return (
    <Signed.Provider value={{ session: data, signOut }}>
      {children}
      <Dialog
        open={ended}
        onOpenChange={() => {}}
        fixed
        title="Sign in again"
        lead="Your session has ended. Everything on the page is still there."
      >
        <SignInForm entered={entered} username={data.user.username} />
      </Dialog>
    </Signed.Provider>
  );
}
