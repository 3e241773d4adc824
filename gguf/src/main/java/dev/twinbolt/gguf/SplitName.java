package dev.twinbolt.gguf;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The file names of a split model, `NAME-00001-of-000NN.gguf`.
record SplitName(Path first, String name, int count) {
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final String COUNT = "split.count";
    private static final String NUMBER = "split.no";

    /// One file, where the metadata does not say that there are more.
    static SplitName of(Path path, Metadata metadata) {
        int count = metadata.int32(COUNT, 1);
        String fileName = path.getFileName().toString();
        if (count <= 1) {
            return new SplitName(path, fileName, 1);
        }
        Matcher matcher = NAME.matcher(fileName);
        if (!matcher.matches() || Integer.parseInt(matcher.group(3)) != count) {
            throw new GgufException(
                    "%s is one of %d files, expected a name that ends in -00001-of-%05d.gguf"
                            .formatted(path, count, count),
                    -1);
        }
        SplitName split = new SplitName(path, matcher.group(1), count);
        int number = metadata.int32(NUMBER, 0);
        if (number != 0 || Integer.parseInt(matcher.group(2)) != 1) {
            throw new GgufException(
                    "%s is not the first of %d files; open %s"
                            .formatted(path, count, split.path(0)),
                    -1);
        }
        return split;
    }

    Path path(int index) {
        return first.resolveSibling("%s-%05d-of-%05d.gguf".formatted(name, index + 1, count));
    }

    void checkPart(Metadata metadata, int index) {
        int number = metadata.int32(NUMBER, -1);
        int files = metadata.int32(COUNT, -1);
        if (number != index || files != count) {
            throw new GgufException(
                    "%s says it is number %d of %d, expected %d of %d"
                            .formatted(path(index), number + 1, files, index + 1, count),
                    -1);
        }
    }
}
