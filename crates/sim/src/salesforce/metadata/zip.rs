//! Packages: the names of the files in a zip archive, and an archive of files as they are.

/// The names in an archive's directory; `None` when it is no archive. Nothing is unpacked.
pub fn names(bytes: &[u8]) -> Option<Vec<String>> {
    let short = |at: usize| -> Option<usize> {
        let two = bytes.get(at..at.checked_add(2)?)?;
        Some(usize::from(u16::from_le_bytes(two.try_into().ok()?)))
    };
    let long = |at: usize| -> Option<usize> {
        let four = bytes.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
    };
    // The record that ends the archive may be followed by a comment.
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06")?;
    let (count, mut at) = (short(end + 10)?, long(end + 16)?);
    let mut names = Vec::new();
    for _ in 0..count {
        if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
            return None;
        }
        let (name, extra, comment) = (short(at + 28)?, short(at + 30)?, short(at + 32)?);
        let text = bytes.get(at + 46..at.checked_add(46 + name)?)?;
        names.push(String::from_utf8_lossy(text).into_owned());
        at = at.checked_add(46 + name + extra + comment)?;
    }
    Some(names)
}

/// An archive of files, not compressed.
pub fn archive(files: &[(String, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in files {
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes();
        let begins = u32::try_from(out.len()).unwrap_or(u32::MAX).to_le_bytes();
        // Version 1.0, no flags, stored, midnight of the first of January 1980.
        let mut about = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        about.extend(checksum(text.as_bytes()).to_le_bytes());
        about.extend(size);
        about.extend(size);
        about.extend(length);
        about.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&about);
        out.extend(name.as_bytes());
        out.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x0a\0");
        directory.extend(about);
        directory.extend([0; 10]);
        directory.extend(begins);
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX).to_le_bytes();
    let begins = u32::try_from(out.len()).unwrap_or(u32::MAX).to_le_bytes();
    let size = u32::try_from(directory.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(size);
    out.extend(begins);
    out.extend([0, 0]);
    out
}

/// CRC-32 as zip has it.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_listed_and_other_bytes_are_no_archive() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
        let files = [("a/b.cls", "x"), ("package.xml", "<Package/>")];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let mut packed = archive(&files);
        assert_eq!(names(&packed).unwrap(), ["a/b.cls", "package.xml"]);
        packed.extend(b"comment");
        assert_eq!(names(&packed).unwrap().len(), 2);
        for cut in 0..packed.len() - 7 - 22 {
            assert_eq!(names(&packed[..cut]), None, "{cut}");
        }
        let mut lying = archive(&files);
        let at = lying.len() - 12;
        lying[at] = 9;
        assert_eq!(names(&lying), None);
    }
}
