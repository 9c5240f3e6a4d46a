import { useEffect, useRef, type ReactNode } from "react";
import { Monogram } from "../ui/parts";
import type { Offer, Session } from "./session";

/** A heading that takes the focus, so that whoever listens hears that the page has changed. */
export function Title({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return <h1 ref={heading} tabIndex={-1} className="centred">{children}</h1>;
}

export function Mark({ sign, tone }: { sign: string; tone: "good" | "bad" | "warn" }) {
  return <span className={`mark ${tone}`} aria-hidden="true">{sign}</span>;
}

/** The organization and the vendor, side by side. */
export function Pair({ session, offer }: { session: Session; offer: Offer }) {
  const { name, logo } = session.organization;
  return (
    <div className="pair" aria-hidden="true">
      {logo ? <img className="logo" src={logo} alt="" /> : <span className="logo letters">{[...name].slice(0, 2).join("")}</span>}
      <span className="thread" />
      <Monogram element={offer} size="large" />
    </div>
  );
}
