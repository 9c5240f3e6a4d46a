import { useQueryClient } from "@tanstack/react-query";
import { own, keepToken } from "../api/client";
import { useSession } from "../app/Gate";
import { useSay } from "../ui/overlays";
import { Button, Head } from "../ui/parts";
import { Reveal } from "./Reveal";
import { SettingsNav } from "./Settings";
import { PasswordForm } from "./SignIn";

export function Account() {
  const { session, signOut } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  return (
    <div className="page narrow">
      <Head title="Account" actions={<Button onClick={() => void signOut()}>Sign out</Button>} />
      <SettingsNav />
      <section className="card">
        <h2>You</h2>
        <dl className="facts">
          <dt>E-mail</dt><dd>{session.user.username}</dd>
          <dt>Organization</dt><dd><bdi>{session.user.organizationName}</bdi></dd>
          <dt>Role</dt><dd>{session.user.organizationAdmin ? "Administrator" : "Member"}</dd>
          <dt>API</dt><dd><code>{session.apiUrl}</code></dd>
          <dt>Version</dt><dd>{session.version}{session.sandbox && ", with the sandbox"}</dd>
        </dl>
      </section>
      <section className="card stack">
        <div>
          <h2>Secrets of the API</h2>
          <p className="soft small">Programs present them in the <code>Authorization</code> header. They are yours and your organization’s.</p>
        </div>
        <Reveal show="Show the secrets" ask={async (password) => {
          const found = await own<{ userSecret: string; organizationSecret: string }>("POST", "/secrets", { password });
          return [{ label: "User", text: found.userSecret }, { label: "Organization", text: found.organizationSecret }];
        }} />
      </section>
      <section className="card stack">
        <div>
          <h2>Password</h2>
          <p className="soft small">Changing it ends every other session of yours.</p>
        </div>
        <PasswordForm entered={(next) => {
          keepToken(next);
          queries.setQueryData(["session"], next);
          say("Your password is changed.");
        }} />
      </section>
    </div>
  );
}
