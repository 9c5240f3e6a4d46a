import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { EntryField, faultOf, given, More } from "../pages/connect-form";
import { Refusal } from "../api/refusal";
import { Button, Fault } from "../ui/parts";
import { useConsent } from "./consent";
import { tell } from "./host";
import { Mark, Pair, Title } from "./parts";
import { ask, type Made, type Offer, type Session } from "./session";
import { words } from "./words";

/** Names shown before the rest is counted. */
const SHOWN = 6;

/** From "who asks, and for what" to the instance. */
export function Step({ session, offer, other, connected }: {
  session: Session;
  offer: Offer;
  other: (() => void) | undefined;
  connected: (made: Made) => void;
}) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [touched, setTouched] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const consent = useConsent(offer.key, (message) => tell({ type: "denied", session: session.session, element: offer.key, message }));

  const finish = async (configuration: Record<string, string>) => {
    const { instance } = await ask<{ instance: Made }>("finish", { element: offer.key, configuration });
    connected(instance);
  };
  const answered = consent.state.at === "answered";
  useEffect(() => {
    if (answered) finish({}).catch(consent.fail);
    // oxlint-disable-next-line react/exhaustive-deps -- the answer is redeemed once
  }, [answered]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    setError(null);
    if (offer.fields.some((field) => faultOf(field, values[field.key] ?? ""))) return;
    const configuration = given(offer.fields, values);
    setBusy(true);
    try {
      if (offer.way === "consent") await consent.begin(configuration);
      else await finish(configuration);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };

  const { state } = consent;
  const fields = (
    <Fields offer={offer} values={values} touched={touched} change={(key, value) => setValues({ ...values, [key]: value })} />
  );
  // What was typed stays where it is while the vendor is asked.
  return (
    <>
      <form className="stack" onSubmit={(event) => void submit(event)} hidden={state.at !== "ready"} noValidate>
        {state.at === "ready" && <Asking session={session} offer={offer} />}
        {fields}
        {error != null && <Refused error={error} />}
        <Button type="submit" kind="main-action" busy={busy}>
          {offer.way === "consent" ? words.go(offer.name) : busy ? words.connecting : words.connect}
        </Button>
        {other && <Button kind="quiet" onClick={other}>{words.other}</Button>}
      </form>
      {state.at === "waiting" && state.blocked && (
        <Say title={words.blocked} why={words.blockedWhy(offer.name)} mark={<Mark sign="!" tone="warn" />}>
          <Button kind="main-action" onClick={consent.unblock}>{words.open(offer.name)}</Button>
          <Button kind="quiet" onClick={consent.cancel}>{words.cancel}</Button>
        </Say>
      )}
      {state.at === "waiting" && !state.blocked && (
        <Say title={words.waiting(offer.name)} why={words.waitingWhy} mark={<span className="turning" aria-hidden="true" />}>
          <Button onClick={consent.show}>{words.show}</Button>
          <Button kind="quiet" onClick={consent.cancel}>{words.cancel}</Button>
        </Say>
      )}
      {answered && <Say title={words.finishing} why={words.finishingWhy(offer.name)} mark={<span className="turning" aria-hidden="true" />} />}
      {state.at === "denied" && (
        <Say title={words.denied} why={words.deniedWhy(offer.name)} mark={<Mark sign="×" tone="bad" />}>
          {state.said && <p className="soft small centred wrap">{words.vendorSaid(state.said)}</p>}
          <Button kind="main-action" onClick={consent.cancel}>{words.again}</Button>
        </Say>
      )}
      {state.at === "closed" && (
        <Say title={words.closed} why={words.closedWhy(offer.name)} mark={<Mark sign="!" tone="warn" />}>
          <Button kind="main-action" onClick={consent.cancel}>{words.again}</Button>
        </Say>
      )}
      {state.at === "expired" && (
        <Say title={words.expired} why={words.expiredWhy} mark={<Mark sign="!" tone="warn" />}>
          <Button kind="main-action" onClick={consent.cancel}>{words.again}</Button>
        </Say>
      )}
      {state.at === "failed" && (
        <Say title={words.failed} mark={<Mark sign="!" tone="bad" />}>
          <Refused error={state.error} />
          <Button kind="main-action" onClick={consent.cancel}>{words.again}</Button>
        </Say>
      )}
    </>
  );
}

function Say({ title, why, mark, children }: { title: string; why?: string; mark: ReactNode; children?: ReactNode }) {
  return (
    <section className="stack" aria-live="polite">
      {mark}
      <Title>{title}</Title>
      {why && <p className="soft centred">{why}</p>}
      {children}
    </section>
  );
}

/** What went wrong; the vendor's text only where it says more. */
function Refused({ error }: { error: unknown }) {
  const { message, providerMessage, requestId } = error instanceof Refusal ? error : new Refusal(0, String(error));
  const more = providerMessage && !providerMessage.includes(message) ? providerMessage : undefined;
  return <Fault error={new Refusal(0, message, more, requestId)} />;
}

/** Who asks, and for what. */
function Asking({ session, offer }: { session: Session; offer: Offer }) {
  const { name } = session.organization;
  const only = offer.reads.filter((thing) => !offer.changes.includes(thing));
  return (
    <>
      <Pair session={session} offer={offer} />
      <Title>{session.instance ? words.titleAgain(offer.name) : words.title(offer.name)}</Title>
      <p className="centred">
        {session.instance ? words.whoAgain(name, offer.name, session.instance.name) : words.who(name, offer.name)}
      </p>
      {(offer.changes.length > 0 || only.length > 0) && (
        <section className="access">
          <h2 className="small">{words.will(name)}</h2>
          <dl className="small">
            {offer.changes.length > 0 && <Things label={words.readAndChange} names={offer.changes} />}
            {only.length > 0 && <Things label={words.readOnly} names={only} />}
          </dl>
        </section>
      )}
      <p className="small soft">
        {offer.way === "consent" ? words.notSeen(name) : words.typed} {words.end(offer.name, name)}
      </p>
    </>
  );
}

function Things({ label, names }: { label: string; names: string[] }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{words.things(names.slice(0, SHOWN), names.length - SHOWN)}</dd>
    </div>
  );
}

function Fields({ offer, values, touched, change }: {
  offer: Offer;
  values: Record<string, string>;
  touched: boolean;
  change: (key: string, value: string) => void;
}) {
  // Whoever connects an account is asked what cannot be done without; the rest is for who knows what it is.
  const first = (field: Offer["fields"][number]) => Boolean(field.required);
  const more = offer.fields.filter((field) => !first(field));
  const show = (field: Offer["fields"][number]) => (
    <EntryField key={field.key} entry={field} value={values[field.key] ?? ""}
      fault={touched || values[field.key] ? faultOf(field, values[field.key] ?? "") : undefined}
      change={(value) => change(field.key, value)} />
  );
  return (
    <>
      {offer.fields.filter(first).map(show)}
      <More label={words.more} entries={more}>{show}</More>
    </>
  );
}
