// Certificates for examples and tests, made on the spot: an X.509 version 3 certificate (RFC 5280) is a few nested values in DER (X.690).
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key, a certificate for it, and that of the authority which signed it, in PEM, as options of `node:tls` take them. */
export interface Identity {
  key: string;
  cert: string;
  ca: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const BOOLEAN = 0x01;

const COMMON_NAME = [0x55, 0x04, 0x03];
const SUBJECT_ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/** One value in DER: its tag, its length, its content. */
function der(tag: number, ...content: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(content.map((part) => Uint8Array.from(part)));
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...size]), body]);
}

function name(text: string): Buffer {
  const attribute = der(SEQUENCE, der(OBJECT_IDENTIFIER, COMMON_NAME), der(UTF8_STRING, Buffer.from(text)));
  return der(SEQUENCE, der(SET, attribute));
}

function extension(id: number[], value: Buffer, critical = false): Buffer {
  return der(
    SEQUENCE,
    der(OBJECT_IDENTIFIER, id),
    ...(critical ? [der(BOOLEAN, [0xff])] : []),
    der(OCTET_STRING, value),
  );
}

/** The names that a certificate is for: DNS names, or IPv4 addresses. */
function alternativeNames(names: string[]): Buffer {
  return der(
    SEQUENCE,
    ...names.map((name) =>
      /^[\d.]+$/.test(name) ? der(0x87, name.split(".").map(Number)) : der(0x82, Buffer.from(name))
    ),
  );
}

const AUTHORITY = "an authority of tests";

/** What a certificate says: of the authority itself, or of the server that has these names. */
function certificate(names: string[] | "authority", publicKey: KeyObject, signer: KeyObject): string {
  const algorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256));
  const day = (year: number) => der(UTC_TIME, Buffer.from(`${String(year).slice(2)}0101000000Z`));
  const [subject, extensions] = names === "authority"
    ? [AUTHORITY, extension(BASIC_CONSTRAINTS, der(SEQUENCE, der(BOOLEAN, [0xff])), true)]
    : ["a server of tests", extension(SUBJECT_ALTERNATIVE_NAME, alternativeNames(names))];
  const content = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, [2])), // version 3
    der(INTEGER, [names === "authority" ? 1 : 2]), // serial number
    algorithm,
    name(AUTHORITY),
    der(SEQUENCE, day(2020), day(2049)),
    name(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, extensions)),
  );
  const signed = der(SEQUENCE, content, algorithm, der(BIT_STRING, [0], sign("sha256", content, signer)));
  const base64 = signed.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

/** A new key with a certificate for DNS names and IPv4 addresses, signed by a new authority. */
export function identity(...names: string[]): Identity {
  const authority = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const server = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return {
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: certificate(names, server.publicKey, authority.privateKey),
    ca: certificate("authority", authority.publicKey, authority.privateKey),
  };
}
