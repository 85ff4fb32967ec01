// A listener with @medplum/hl7, as its readme has it: node medplum.mjs PORT [DATABASE]
import { Hl7Server } from '@medplum/hl7';
import { open } from './store.mjs';

const [port, path] = process.argv.slice(2);
const store = await open(path);
const server = new Hl7Server((connection) => {
  connection.addEventListener('error', () => {});
  connection.addEventListener('message', ({ message }) => {
    const pid = message.getSegment('PID');
    store.keep(message.header.getComponent(10, 1), pid?.getComponent(3, 1) ?? '', pid?.getComponent(30, 1) ?? '');
    connection.send(message.buildAck());
  });
});
server.start(Number(port));
console.log(store.kind);
