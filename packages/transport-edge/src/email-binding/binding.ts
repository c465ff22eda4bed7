/** Cloudflare's `send_email` binding, as `env.EMAIL` has it. */
export interface EmailBinding {
  send(message: { readonly from: string; readonly to: string }): Promise<unknown>;
}
