/** Of the platform's modules, what the Workers of these tests use. */
declare module "cloudflare:workers" {
  export const env: { readonly SMTP_PORT: number };
}
