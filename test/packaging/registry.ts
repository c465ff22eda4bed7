import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A package registry on loopback, with nothing in it but these tarballs: so a name installs as if it were published. */
export async function startRegistry(tarballs: Readonly<Record<string, string>>): Promise<Registry> {
  const packages = new Map(await Promise.all(Object.values(tarballs).map(readTarball)));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const tarball = packages.get(path.replace(/^tarball\//, ""));
    const found = path.startsWith("tarball/") ? tarball?.bytes : JSON.stringify(tarball && describe(tarball));
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" }).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** What a registry answers when it is asked for a package. */
  function describe({ manifest, bytes }: Tarball): object {
    const { name, version } = manifest;
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const dist = { tarball: `${url}/tarball/${name}`, integrity };
    return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }

  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Registry extends AsyncDisposable {
  readonly url: string;
}

interface Tarball {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly bytes: Buffer;
}

async function readTarball(file: string): Promise<[name: string, tarball: Tarball]> {
  const { stdout } = await run("tar", ["-xzOf", file, "package/package.json"]);
  const manifest = JSON.parse(stdout);
  return [manifest.name, { manifest, bytes: await readFile(file) }];
}
