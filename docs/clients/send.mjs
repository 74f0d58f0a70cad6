// Sends labels or observations to a model's endpoint: Node 20 or later, and nothing beside it.
//   node send.mjs "$URL/models/flights/labels" < labels.json
// Credentials and region are those that AWS's own tools read from the environment.
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { argv, env, exit } from "node:process";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

/** POST a JSON text, signed with AWS Signature Version 4. */
export async function send(url, body, { region, key, secret, token }) {
  const { host, pathname } = new URL(url);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const headers = { "content-type": "application/json", host, "x-amz-date": stamp };
  if (token) headers["x-amz-security-token"] = token;
  const names = Object.keys(headers).join(";"); // in alphabetical order, as they must be
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const request = ["POST", pathname, "", ...lines, "", names, sha256(body)].join("\n");

  const scope = [stamp.slice(0, 8), region, "execute-api", "aws4_request"];
  const signingKey = scope.reduce(hmac, `AWS4${secret}`);
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope.join("/"), sha256(request)].join("\n");
  const signature = hmac(signingKey, toSign).toString("hex");
  headers.authorization =
    `AWS4-HMAC-SHA256 Credential=${key}/${scope.join("/")}, SignedHeaders=${names}, Signature=${signature}`;
  delete headers.host; // fetch writes it
  return fetch(url, { method: "POST", headers, body });
}

const response = await send(argv[2], readFileSync(0), {
  region: env.AWS_REGION,
  key: env.AWS_ACCESS_KEY_ID,
  secret: env.AWS_SECRET_ACCESS_KEY,
  token: env.AWS_SESSION_TOKEN,
});
console.log(await response.text());
exit(response.ok ? 0 : 1);
