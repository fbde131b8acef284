//! The arithmetic of signatures, by ring: what `jsonwebtoken` is told to use, since it is built without any of its own.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error as Refused, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, RsaParameters, RsaPublicKeyComponents};

static RING: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(unsupported()),
        rsa_pub_components_from_public_key: |_| Err(unsupported()),
        ec_pub_components_from_private_key: |_, _| Err(unsupported()),
        ed_pub_components_from_private_key: |_, _| Err(unsupported()),
        compute_digest: |_, _| Err(unsupported()),
    },
};

/// Makes ring the one that `jsonwebtoken` reckons with. Every maker of a verifier or signer calls this first; after the
/// first call it does nothing.
pub(super) fn install() {
    // An error means that it is installed already: nobody else in this program installs another.
    let _ = RING.install_default();
}

fn unsupported() -> jsonwebtoken::errors::Error {
    new_error(ErrorKind::UnsupportedAlgorithm)
}

fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    // HMAC ends here: whoever holds a public key could sign with it.
    if algorithm.family() == AlgorithmFamily::Hmac || algorithm.family() != key.family() {
        return Err(unsupported());
    }
    Ok(Box::new(PublicKey { algorithm: *algorithm, key: key.clone() }))
}

struct PublicKey {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, text: &[u8], given: &Vec<u8>) -> std::result::Result<(), Refused> {
        if let Some(how) = rsa(self.algorithm) {
            let DecodingKeyKind::RsaModulusExponent { n, e } = self.key.kind() else {
                return Err(Refused::new());
            };
            let key = RsaPublicKeyComponents { n, e };
            return key.verify(how, text, given).map_err(|_| Refused::new());
        }
        let how: &dyn signature::VerificationAlgorithm = match self.algorithm {
            Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
            Algorithm::EdDSA => &signature::ED25519,
            _ => return Err(Refused::new()),
        };
        let key = self.key.try_get_as_bytes().map_err(|_| Refused::new())?;
        let key = signature::UnparsedPublicKey::new(how, key);
        key.verify(text, given).map_err(|_| Refused::new())
    }
}

/// RSA with keys of 2048 to 8192 bits.
fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

/// ES256 alone: only the sandbox signs.
fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if *algorithm != Algorithm::ES256 || key.family() != AlgorithmFamily::Ec {
        return Err(unsupported());
    }
    let random = SystemRandom::new();
    let how = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_pkcs8(how, key.as_bytes(), &random)
        .map_err(|_| new_error(ErrorKind::InvalidEcdsaKey))?;
    Ok(Box::new(PrivateKey { pair, random }))
}

struct PrivateKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl JwtSigner for PrivateKey {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

impl Signer<Vec<u8>> for PrivateKey {
    fn try_sign(&self, text: &[u8]) -> std::result::Result<Vec<u8>, Refused> {
        let signed = self.pair.sign(&self.random, text).map_err(|_| Refused::new())?;
        Ok(signed.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_has_neither_verifier_nor_signer() {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let secret = DecodingKey::from_secret(b"a public key, as bytes");
            assert!(verifier_factory(&algorithm, &secret).is_err());
            assert!(signer_factory(&algorithm, &EncodingKey::from_secret(b"secret")).is_err());
        }
    }

    #[test]
    fn a_key_of_one_family_verifies_nothing_of_another() {
        let ed = DecodingKey::from_ed_der(&[0; 32]);
        assert!(verifier_factory(&Algorithm::ES256, &ed).is_err());
        assert!(verifier_factory(&Algorithm::RS256, &ed).is_err());
        assert!(verifier_factory(&Algorithm::EdDSA, &ed).is_ok());
    }

    #[test]
    fn rubbish_for_a_key_refuses_and_does_not_panic() {
        let rubbish: [&[u8]; 4] = [&[], &[4], &[7; 32], &[0xff; 500]];
        for bytes in rubbish {
            let keys = [
                (DecodingKey::from_ed_der(bytes), Algorithm::EdDSA),
                (DecodingKey::from_ec_der(bytes), Algorithm::ES256),
                (DecodingKey::from_ec_der(bytes), Algorithm::ES384),
                (DecodingKey::from_rsa_der(bytes), Algorithm::RS256),
                (DecodingKey::from_rsa_raw_components(bytes, bytes), Algorithm::PS512),
            ];
            for (key, algorithm) in keys {
                let verifier = verifier_factory(&algorithm, &key).unwrap();
                assert!(verifier.verify(b"text", &vec![1; 64]).is_err());
                assert!(verifier.verify(b"text", &Vec::new()).is_err());
            }
            assert!(signer_factory(&Algorithm::ES256, &EncodingKey::from_ec_der(bytes)).is_err());
        }
    }
}
