@echo off
rem For the launchers: from PROGRAM and MODULE to JDK (a JDK 25), ROOT and JAR, building where the jar is missing.
rem After a change of sources build with: mvn package
rem Exit codes: 69 a tool is missing, 70 the build failed.
for %%I in ("%~dp0..") do set "ROOT=%%~fI"

set "JDK="
if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%J in (javac.exe) do if not "%%~$PATH:J"=="" for %%H in ("%%~dp$PATH:J..") do call :try "%%~fH"
for %%V in ("Eclipse Adoptium" "Java" "Microsoft" "Zulu" "Amazon Corretto" "BellSoft" "OpenJDK") do (
    if exist "%ProgramFiles%\%%~V" for /d %%H in ("%ProgramFiles%\%%~V\*") do call :try "%%~fH"
)
if exist "%USERPROFILE%\.jdks" for /d %%H in ("%USERPROFILE%\.jdks\*") do call :try "%%~fH"
if not defined JDK (
    echo %PROGRAM%: needs a JDK 25 or newer: install one ^(such as Eclipse Temurin^) or let JAVA_HOME name its folder 1>&2
    exit /b 69
)

call :jar
if defined JAR exit /b 0
where mvn >nul 2>nul
if errorlevel 1 (
    echo %PROGRAM%: needs Maven 3.8.7 or newer to build: install it, put its bin folder on the PATH and try again 1>&2
    exit /b 69
)
echo %PROGRAM%: building, which takes about a minute 1>&2
if not exist "%ROOT%\target" mkdir "%ROOT%\target"
set "JAVA_HOME=%JDK%"
call mvn -B -q -f "%ROOT%\pom.xml" -pl %MODULE% -am -DskipTests package >"%ROOT%\target\build.log" 2>&1
if errorlevel 1 (
    echo %PROGRAM%: the build failed; what it said is in %ROOT%\target\build.log 1>&2
    exit /b 70
)
call :jar
exit /b 0

:jar
set "JAR="
for %%F in ("%ROOT%\%MODULE%\target\%MODULE%-*.jar") do set "JAR=%%~fF"
goto :eof

:try
if defined JDK goto :eof
if not exist "%~1\bin\javac.exe" goto :eof
if not exist "%~1\release" goto :eof
for /f "tokens=2 delims==." %%V in ('findstr /b "JAVA_VERSION=" "%~1\release"') do call :version "%~1" %%V
goto :eof

:version
set "FOUND=%~2"
set "FOUND=%FOUND:"=%"
if %FOUND% GEQ 25 set "JDK=%~1"
goto :eof
