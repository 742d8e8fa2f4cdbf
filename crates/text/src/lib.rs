//! Chinese text: normal form with an offset map, sentences, segmentation, fingerprints, masking.
