// The peer of the benchmark: token → instance → AES-256-GCM open → Authorization header → call → body back.
// Arguments: port, origin of the fake vendor, the one token that is known.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import { Pool } from 'undici';

const [port, vendor, token] = process.argv.slice(2);
const key = randomBytes(32);

const seal = (text) => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { nonce, body, tag: cipher.getAuthTag() };
};
const open = ({ nonce, body, tag }) => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
};
const digest = (text) => createHash('sha256').update(text).digest('hex');

// Ten thousand instances, of which one is called, as in a busy organization.
const instances = new Map();
for (let i = 0; i < 10_000; i += 1) {
  instances.set(digest(`token-${i}`), seal(JSON.stringify({ 'api.token': randomBytes(120).toString('base64') })));
}
instances.set(digest(token), seal(JSON.stringify({ 'api.token': randomBytes(120).toString('base64') })));

const pool = new Pool(vendor, { connections: 128, pipelining: 1 });
const app = Fastify({ logger: false });
app.get('/:name', async (request, reply) => {
  const given = /Element ([^,\s]+)/.exec(request.headers.authorization ?? '');
  const sealed = given && instances.get(digest(given[1]));
  if (!sealed) return reply.code(401).send({ message: 'unknown token' });
  const configuration = JSON.parse(open(sealed));
  const answer = await pool.request({
    method: 'GET',
    path: `/${request.params.name}.json`,
    headers: { authorization: `Bearer ${configuration['api.token']}`, accept: 'application/json' },
  });
  reply.code(answer.statusCode).type(answer.headers['content-type']);
  return reply.send(answer.body);
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
