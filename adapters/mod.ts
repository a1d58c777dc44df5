/**
 * Sockets in the shape of Deno's own, and the ways to open them by name.
 *
 * @module
 */
export { Connector } from "./connector.ts";
export { DatagramConn } from "./datagram_conn.ts";
export type { Deadlines } from "./deadlines.ts";
export {
  type ConnectUDPOptions,
  type DenoNet,
  denoNet,
  type DenoNetConnect,
  type DenoNetListen,
  type DenoNetListenDatagram,
} from "./deno_net.ts";
export { expose } from "./gateway/expose.ts";
export type { Gateway } from "./gateway/gateway.ts";
export type { LocalPort, LocalSocket, TCPAddr } from "./gateway/local.ts";
export { proxy, type ProxyOptions } from "./gateway/proxy.ts";
export { reach } from "./gateway/reach.ts";
export { serveHttp, type ServeHttpOptions } from "./http/serve_http.ts";
export { type StackFetch, stackFetch, type StackFetchOptions } from "./http/stack_fetch.ts";
export { upgradeWebSocket } from "./http/upgrade_web_socket.ts";
export { ListenConfig } from "./listen_config.ts";
export { ping, type PingOptions, type PingReply } from "./ping.ts";
export { TCPConn } from "./tcp_conn.ts";
export { TCPListener } from "./tcp_listener.ts";
export { openTUN, TUN, type TUNOptions, type TUNStats } from "./tun.ts";
export { UDPConn } from "./udp_conn.ts";
export * from "./testing/mod.ts";
