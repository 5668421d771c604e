/**
 * An OpenID Connect provider for tests and for trying the server out: node-oidc-provider, with its
 * own pages for login and consent. Whoever names an account below is let in with any password, so
 * it listens on the loopback interface only and is good for nothing else.
 *
 * node provider.mjs SETTINGS.json
 *   {port, audiences, redirect, secret, clients: {id: roles}, accounts: {name: roles}, jwks, seconds}
 */

import { readFileSync } from "node:fs";
import Provider, { errors } from "oidc-provider";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const issuer = `http://127.0.0.1:${settings.port}`;

const provider = new Provider(issuer, {
  jwks: settings.jwks,
  cookies: { keys: ["only for tests, only on this computer"] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  clients: [
    {
      client_id: "citytwin",
      client_secret: settings.secret,
      redirect_uris: [settings.redirect],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
    ...Object.keys(settings.clients).map((client_id) => ({
      client_id,
      client_secret: settings.secret,
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials"],
    })),
  ],
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  claims: { openid: ["sub", "roles"] },
  findAccount: (_ctx, id) => {
    const roles = settings.accounts[id];
    return roles && { accountId: id, claims: () => ({ sub: id, roles }) };
  },
  ttl: { ClientCredentials: settings.seconds, AccessToken: settings.seconds, IdToken: 3600 },
  extraTokenClaims: (_ctx, token) => ({
    sub: token.accountId ?? token.clientId,
    roles: settings.clients[token.clientId] ?? settings.accounts[token.accountId] ?? [],
  }),
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (!settings.audiences.includes(resource)) throw new errors.InvalidTarget();
        return {
          scope: "",
          audience: resource,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        };
      },
    },
  },
});

provider.listen(settings.port, "127.0.0.1", () => console.log(`ready ${issuer}`));
