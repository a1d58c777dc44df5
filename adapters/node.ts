/**
 * Sockets in the shape of Node's own, for libraries that are written for Node.
 *
 * @module
 */
export { nodeDatagram } from "./node/datagram.ts";
export { NodeDatagramSettings } from "./node/datagram_settings.ts";
export { NodeDatagramSocket } from "./node/datagram_socket.ts";
export { nodeDuplex } from "./node/duplex.ts";
export type { NodeSystemError } from "./node/node_errors.ts";
export { nodeListen } from "./node/listen.ts";
export { type NodeConnect, type NodeNet, nodeNet } from "./node/net.ts";
export { NodeSocket } from "./node/socket.ts";
export type { NodeSocketOptions } from "./node/socket_options.ts";
