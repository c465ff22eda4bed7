/** Cloudflare's `send_email` binding, as `env.EMAIL` has it. */
export interface EmailBinding {
  /** As the platform's binding has it: one recipient for each call. */
  send(message: { readonly from: string; readonly to: string }): Promise<unknown>;
}
