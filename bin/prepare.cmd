@echo off
rem For the launchers: from PROGRAM and MODULE to JDK (a JDK 25 or newer), ROOT, JAR, JVM, VECTOR and AOT, building where the jar is missing.
rem Unlike bin/launch it neither looks for newer sources nor keeps two from building at once: after a change of sources type mvn package
rem Exit codes: 69 a tool is missing, 70 the build failed.
rem Paths stand outside of blocks in parentheses, as a parenthesis in a path would end the block.
for %%I in ("%~dp0..") do set "ROOT=%%~fI"

rem Weights and caches lie outside of the Java heap, which is small: the simplest collector starts fastest and leaves the cores to the kernels.
set "JVM=--enable-native-access=ALL-UNNAMED"
if not defined JAVA_TOOL_OPTIONS if not defined JDK_JAVA_OPTIONS set "JVM=%JVM% -XX:+UseSerialGC"
rem Of a node's memory the heap is not lent, so it is no larger than what clients can make it need.
if "%PROGRAM%"=="engine-node" if not defined JAVA_TOOL_OPTIONS if not defined JDK_JAVA_OPTIONS set "JVM=%JVM% -Xmx1g"

rem The Vector API only where it is to compute, as the JVM warns of it.
set "VECTOR="
if /i "%TWINBOLT_CPU%"=="vector" set "VECTOR=--add-modules=jdk.incubator.vector"
if "%PROCESSOR_ARCHITECTURE%"=="ARM64" set "VECTOR=--add-modules=jdk.incubator.vector"

set "JDK="
if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%J in (javac.exe) do if not "%%~$PATH:J"=="" for %%H in ("%%~dp$PATH:J..") do call :try "%%~fH"
for %%V in ("Eclipse Adoptium" "Java" "Microsoft" "Zulu" "Amazon Corretto" "BellSoft" "OpenJDK") do for /d %%H in ("%ProgramFiles%\%%~V\*") do call :try "%%~fH"
for /d %%H in ("%LOCALAPPDATA%\Programs\Eclipse Adoptium\*") do call :try "%%~fH"
for /d %%H in ("%USERPROFILE%\.jdks\*") do call :try "%%~fH"
for /d %%H in ("%USERPROFILE%\scoop\apps\*") do call :try "%%~fH\current"
if not defined JDK goto :no_jdk

call :jar
if defined JAR goto :aot

set "JAVA_HOME=%JDK%"
set "MAVEN="
for /f "tokens=3" %%V in ('mvn -B -v 2^>nul ^| findstr /c:"Apache Maven"') do for /f "tokens=1-3 delims=.-" %%A in ("%%V") do call :maven %%A %%B %%C 0 0
if not defined MAVEN goto :no_maven

echo %PROGRAM%: building for the first time, which takes one to five minutes 1>&2
if not exist "%ROOT%\target" mkdir "%ROOT%\target"
call mvn -B -q -f "%ROOT%\pom.xml" -pl %MODULE% -am -Dmaven.test.skip=true package >"%ROOT%\target\build.log" 2>&1 <nul
if errorlevel 1 goto :failed
call :jar
if not defined JAR goto :failed
if not "%MODULE%%VECTOR%"=="cli" exit /b 0

rem Tells the start of a story once, from which the JVM keeps what it prepares for the classes of cli. Without it all works as well.
"%JDK%\bin\java" "-XX:AOTCacheOutput=%ROOT%\cli\target\cli.aot" %JVM% "-Dtwinbolt.home=%ROOT%" -cp "%JAR%;%ROOT%\cli\target\lib\*" dev.twinbolt.cli.EngineHost --demo -p Once -n 4 >>"%ROOT%\target\build.log" 2>&1 <nul

:aot
rem What was prepared for another jar the JVM would refuse: the newer of both files must be cli.aot.
set "AOT="
if not "%MODULE%%VECTOR%"=="cli" exit /b 0
set "NEWEST="
for /f "delims=" %%F in ('dir /b /a-d /o:d "%ROOT%\cli\target\cli*" 2^>nul') do set "NEWEST=%%F"
if "%NEWEST%"=="cli.aot" set "AOT="-XX:AOTCache=%ROOT%\cli\target\cli.aot" -Xlog:aot=off -Xlog:cds=off "-Dtwinbolt.prepared=%ROOT%\cli\target\cli.aot""
exit /b 0

:no_jdk
echo %PROGRAM%: needs a JDK 25 or newer: install one, such as Eclipse Temurin, or let JAVA_HOME name its folder 1>&2
exit /b 69

:no_maven
echo %PROGRAM%: needs Maven 3.8.7 or newer to build: unpack its archive and put its bin folder on the PATH 1>&2
exit /b 69

:failed
rem A jar without all of its libraries must not be run.
del /q "%ROOT%\%MODULE%\target\%MODULE%-*.jar" 2>nul
echo %PROGRAM%: the build failed; what it said is in "%ROOT%\target\build.log" 1>&2
exit /b 70

:jar
set "JAR="
if not exist "%ROOT%\%MODULE%\target\lib" goto :eof
for %%F in ("%ROOT%\%MODULE%\target\%MODULE%-*.jar") do set "JAR=%%~fF"
goto :eof

:maven
set "NUMBER=0"
set /a "NUMBER=%1*10000+%2*100+%3" 2>nul
if %NUMBER% GEQ 30807 set "MAVEN=yes"
goto :eof

:try
if defined JDK goto :eof
if not exist "%~1\bin\javac.exe" goto :eof
if not exist "%~1\release" goto :eof
set "FOUND="
for /f "usebackq tokens=1,2 delims==." %%A in ("%~1\release") do if "%%A"=="JAVA_VERSION" set "FOUND=%%B"
if not defined FOUND goto :eof
set "FOUND=%FOUND:"=%"
if %FOUND% GEQ 25 set "JDK=%~1"
goto :eof
