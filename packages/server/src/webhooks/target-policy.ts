import { isMailError } from "@edgepost/core";
import { createHostPolicy, type HostPolicyOptions } from "../connections/host-policy.ts";
import { isInBlock, parseIpBlock } from "../connections/ip-block.ts";
import { RequestProblem } from "../http/problem.ts";

/**
 * Where webhooks may lead: public hosts over https, and hosts the operator names, over http too. Asked when a webhook is
 * saved and each time before it is told of something.
 */
export interface TargetPolicy {
  /** @throws RequestProblem `invalid-body`; one text whether a name is unknown or private. */
  check(url: string): Promise<void>;
}

export type TargetPolicyOptions = Pick<HostPolicyOptions, "resolve" | "connectsByName"> & {
  /** Hosts that may be private: names, addresses, blocks. */
  readonly allow?: readonly string[] | undefined;
};

export function createTargetPolicy({ allow = [], ...hosts }: TargetPolicyOptions): TargetPolicy {
  const isAllowed = hostList(allow);

  return {
    async check(url) {
      const target = URL.canParse(url) ? new URL(url) : undefined;
      if (target === undefined) throw refusal("must be a URL");
      if (target.username !== "" || target.password !== "") throw refusal("must not hold a password");
      const host = hostOf(target);
      if (isAllowed(host) && (target.protocol === "https:" || target.protocol === "http:")) return;
      if (target.protocol !== "https:") throw refusal("must be an https URL");
      try {
        // Whichever port the URL names: it is the host that must be public.
        const port = Number(target.port || 443);
        await createHostPolicy({ ...hosts, ports: [port] }).check(host, port);
      } catch (error) {
        if (isMailError(error)) throw refusal("must lead to a public host, or to one the operator allows");
        throw error;
      }
    },
  };
}

/** Whether a host, as a name or an address, is on a list of names, addresses and blocks. */
export function hostList(allow: readonly string[]): (host: string) => boolean {
  const names = new Set(allow.map((host) => host.toLowerCase()));
  const blocks = allow.map(parseIpBlock).filter((block) => block !== undefined);
  return (host) => names.has(host) || blocks.some((block) => isInBlock(host, block));
}

/** As an address without the brackets of a URL. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function refusal(detail: string): RequestProblem {
  return new RequestProblem("invalid-body", `/url ${detail}.`, { errors: [{ pointer: "/url", detail }] });
}
