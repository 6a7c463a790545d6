import Digest
import Testing

@Suite("Digests")
struct DigestTests {
    @Test(
        "MD5 gives the examples of RFC 1321, one after the other from one hasher",
        arguments: [
            [
                ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
                ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
                (
                    "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                    "57edf4a22be3c955ac49da2e2107b67a"
                ), ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ]
        ])
    func md5(examples: [(text: String, hex: String)]) {
        let hasher = MD5Hasher()
        for (text, hex) in examples {
            let digest = hasher.hash(text)
            #expect(digest.hex == hex)
            #expect(digest == hasher.hash(Array(text.utf8)))
            let content = Array(text.utf8)
            let fromSpan = hasher.hash(content.span)
            #expect(digest == fromSpan)
        }
    }

    @Test("An MD5 digest is one big-endian number, as Kinesis places partition keys by it")
    func md5Value() {
        let digest = MD5Hasher().hash("a")
        #expect(digest.value == 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661)
        #expect(digest.bytes.prefix(3) == [0x0c, 0xc1, 0x75])
        #expect(digest.bytes.count == 16)
        var out: [UInt8] = [0x20]
        digest.appendHex(to: &out)
        #expect(String(decoding: out, as: UTF8.self) == " 0cc175b9c0f1b6a831c399e269772661")
        #expect(MD5Digest(value: 1).hex == "00000000000000000000000000000001")
    }

    @Test("SHA-256 gives the examples of FIPS 180")
    func sha256() {
        #expect(hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            hex(SHA256.hash(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("HMAC-SHA-256 gives the examples of RFC 4231 and works with an empty key and message")
    func hmac() {
        #expect(
            hex(
                HMACSHA256.authenticate(
                    key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(
                HMACSHA256.authenticate(
                    key: [UInt8](repeating: 0xAA, count: 131),
                    message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(
            hex(HMACSHA256.authenticate(key: [], message: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("UUIDs have the form of version 4 and differ")
    func uuids() {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let uuid = RandomBytes.uuid()
            let characters = Array(uuid)
            #expect(characters.count == 36)
            for (index, character) in characters.enumerated() {
                switch index {
                case 8, 13, 18, 23: #expect(character == "-")
                case 14: #expect(character == "4")
                case 19: #expect("89ab".contains(character))
                default: #expect("0123456789abcdef".contains(character))
                }
            }
            #expect(seen.insert(uuid).inserted)
        }
        var out: [UInt8] = []
        RandomBytes.appendUUID(to: &out)
        #expect(out.count == 36)
    }

    @Test("Random bytes come in any number", arguments: [0, 1, 16, 1000])
    func randomBytes(count: Int) {
        #expect(RandomBytes.make(count: count).count == count)
        #expect(count < 16 || RandomBytes.make(count: count) != RandomBytes.make(count: count))
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

@Suite("Signatures of notifications")
struct MessageSignerTests {
    @Test("A key that was kept signs as it did before, and the two hashes differ")
    func kept() throws {
        let signer = MessageSigner.make(commonName: "test", from: 1_700_000_000)
        let again = try #require(
            MessageSigner(privateKey: signer.privateKey, certificate: signer.certificate))
        let message = Array("message".utf8)
        for hash in [MessageSigner.Hash.sha1, .sha256] {
            let signature = signer.sign(message, hash)
            #expect(signature.count == 256)
            #expect(signature == again.sign(message, hash))
            #expect(signature != signer.sign(message + [0], hash))
        }
        #expect(signer.sign(message, .sha1) != signer.sign(message, .sha256))
        #expect(MessageSigner(privateKey: [1, 2, 3], certificate: []) == nil)
    }
}
