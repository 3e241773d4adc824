@org.jspecify.annotations.NullMarked
package dev.twinbolt.transport;
