import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { testCertificates } from "./tls.ts";

/** What DNS says: the addresses of a name, or the status of its answer (RFC 1035 section 4.1.1). */
export type Zone = Readonly<Record<string, readonly string[] | number>>;

/** A resolver that answers over HTTPS in JSON, on loopback, with the certificate of the tests. */
export interface DohServer extends AsyncDisposable {
  readonly url: string;
  /** Every question, as `name type`. */
  readonly asked: readonly string[];
}

export async function startDohServer(zone: Zone): Promise<DohServer> {
  const { server: identity } = await testCertificates();
  const asked: string[] = [];
  const server = createServer({ cert: identity.cert, key: identity.key }, (request, response) => {
    const { searchParams } = new URL(request.url ?? "", "https://resolver");
    const [name = "", type = ""] = [searchParams.get("name"), searchParams.get("type")].map(String);
    asked.push(`${name} ${type}`);
    const answer = zone[name] ?? 3;
    const addresses = typeof answer === "number" ? [] : answer;
    const family = type === "A" ? 1 : 28;
    response.setHeader("content-type", "application/dns-json");
    response.end(
      JSON.stringify({
        Status: typeof answer === "number" ? answer : 0,
        Answer: [
          { name, type: 5, TTL: 60, data: "alias.test." },
          ...addresses
            .filter((address) => address.includes(":") === (family === 28))
            .map((data) => ({ name: "alias.test.", type: family, TTL: 60, data })),
        ],
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}/dns-query`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
