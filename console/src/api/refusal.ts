/** A refusal, in the platform's words and the vendor's. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly providerMessage?: string,
    readonly requestId?: string,
  ) {
    super(message);
  }
}

/** What an answer that is no success says. */
export async function refusal(response: Response): Promise<Refusal> {
  let said: { message?: string; providerMessage?: string; requestId?: string } = {};
  try {
    said = await response.json();
  } catch {
    // What answered was not the platform: a proxy's page, perhaps.
  }
  const words = said.message ?? `The server answered ${response.status}.`;
  return new Refusal(response.status, words, said.providerMessage, said.requestId);
}

/** Nobody answered. */
export const unreachable = () => new Refusal(0, "The server cannot be reached. Check your connection, then try again.");
